//! A small capture and a small log cut at every byte: whatever is whole is read, what is not is
//! said in one line, and nothing panics.

use std::io::Write;

use ostium_pipeline::Settings;
use ostium_tests::{Packets, analyzed, pcap, pcapng, world};

/// A few short packets of different lengths out of the demonstration world.
fn some() -> Packets {
    let (packets, _) = world(3);
    let mut lengths = std::collections::BTreeSet::new();
    let mut new = |frame: &[u8]| frame.len() < 140 && lengths.insert(frame.len() / 16);
    packets.into_iter().filter(|(_, frame)| new(frame)).take(6).collect()
}

fn settings() -> Settings {
    Settings { all: true, memory: 16 << 20, ..Settings::default() }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let packed = out.write_all(bytes).and_then(|()| out.finish());
    packed.unwrap_or_default()
}

/// Reads every prefix; gives how many packets and rows the whole has. `least` bytes are a file.
fn every_prefix(name: &str, bytes: &[u8], least: usize) -> u64 {
    let mut before = 0;
    for cut in 0..=bytes.len() {
        match analyzed(name, bytes[..cut].to_vec(), &settings()) {
            Ok(analysis) => {
                let totals = &analysis.document.totals;
                let now = totals.packets + totals.rows;
                assert!(now >= before, "{name}: {now} after {before}, cut at {cut}");
                assert!(now <= before + 1 || before == 0, "{name}: one at a time, at {cut}");
                before = now;
                assert!(analysis.notes.len() <= 1, "{name} at {cut}");
                for note in &analysis.notes {
                    assert!(note.0.starts_with(name) && !note.0.contains('\n'), "{}", note.0);
                }
            }
            Err(why) => {
                assert!(cut < least, "{name}: {cut} bytes are refused: {why}");
                assert!(why.contains(name) && !why.contains('\n'), "{why}");
            }
        }
    }
    before
}

#[test]
fn a_capture_at_every_byte() {
    let packets = some();
    assert!(packets.len() > 4);
    assert_eq!(every_prefix("cut.pcap", &pcap(&packets), 24), packets.len() as u64);
}

#[test]
fn a_capture_of_the_next_generation_at_every_byte() {
    let packets = some();
    assert_eq!(every_prefix("cut.pcapng", &pcapng(&packets), 28), packets.len() as u64);
}

#[test]
fn a_packed_capture_at_every_byte() {
    let packets = some();
    let packed = gzip(&pcap(&packets));
    let mut before = 0;
    for cut in 0..=packed.len() {
        match analyzed("cut.gz", packed[..cut].to_vec(), &settings()) {
            Ok(analysis) => {
                let packets = analysis.document.totals.packets;
                assert!(packets >= before && analysis.notes.len() <= 1, "cut at {cut}");
                before = packets;
            }
            Err(why) => assert!(!why.contains('\n') && before == 0, "cut at {cut}: {why}"),
        }
    }
    assert_eq!(before, packets.len() as u64);
}

#[test]
fn a_log_at_every_byte() {
    let head = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n\
        #path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\t\
        conn_state\n";
    let row =
        |n: u32| format!("17672256{n:02}.5\tC{n}\t10.0.0.5\t4000{n}\t203.0.113.9\t80\ttcp\tS0\n");
    let text = format!("{head}{}#close\t2026\n", (0..6).map(row).collect::<String>());
    assert_eq!(every_prefix("conn.log", text.as_bytes(), head.len()), 6);
    let object = |n: u32| {
        format!(
            "{{\"timestamp\":\"2026-01-01T00:00:0{n}.0+0000\",\"event_type\":\"flow\",\
            \"src_ip\":\"10.0.0.5\",\"src_port\":4000{n},\"dest_ip\":\"203.0.113.9\",\
            \"dest_port\":80,\"proto\":\"TCP\",\"flow\":{{\"pkts_toserver\":1}}}}\n"
        )
    };
    let text: String = (0..6).map(object).collect();
    let least = object(0).len();
    assert_eq!(every_prefix("eve.json", text.as_bytes(), least), 6);
}
