//! Damaged and hostile inputs: what was readable is used, nothing panics.

use std::sync::OnceLock;

use ostium_synth::demo;
use proptest::prelude::*;

use super::*;

/// The first packets of the demonstration world.
fn some() -> &'static Packets {
    static SOME: OnceLock<Packets> = OnceLock::new();
    SOME.get_or_init(|| {
        let mut world = demo(2);
        world.hours = 0.05;
        let mut capture = Vec::new();
        world.write_pcap(&mut capture).unwrap();
        packets_of(&capture).into_iter().take(400).collect()
    })
}

fn private() -> Settings {
    Settings { all: true, ..Settings::default() }
}

#[test]
fn a_capture_cut_anywhere_gives_what_was_whole() {
    let bytes = pcap(some());
    let mut ends = vec![24];
    for (_, frame) in some() {
        ends.push(ends[ends.len() - 1] + 16 + frame.len());
    }
    for cut in (24..bytes.len()).step_by(1009).chain(ends[1..20].iter().copied()) {
        let analysis = run(&[("cut.pcap", &bytes[..cut])], &private());
        let totals = &analysis.document.totals;
        let whole = ends.iter().filter(|end| **end <= cut).count() - 1;
        assert_eq!(totals.packets as usize, whole, "cut at {cut}");
        let clean = ends.contains(&cut);
        assert_eq!(totals.anomalies.get("file_cut").copied().unwrap_or(0), u64::from(!clean));
        assert_eq!(analysis.notes.len(), usize::from(!clean));
        for note in &analysis.notes {
            assert!(note.0.starts_with("cut.pcap: at byte "), "{}", note.0);
        }
    }
}

#[test]
fn a_packed_capture_cut_anywhere_gives_what_can_be_unpacked() {
    let plain = pcap(some());
    let packed = gzip(&plain);
    let mut before = 0;
    for cut in (200..packed.len()).step_by(packed.len() / 23) {
        let Ok(input) = from_reader("cut.gz", None, Box::new(Cursor::new(packed[..cut].to_vec())))
        else {
            assert!(cut < 2000, "only a head can be refused, not {cut} bytes");
            continue;
        };
        let analysis = analyze(vec![input], &private(), &mut |_| ControlFlow::Continue(()));
        let totals = &analysis.document.totals;
        assert!(totals.packets >= before && totals.packets < some().len() as u64);
        before = totals.packets;
        assert_eq!(totals.anomalies["compression_damaged"], 1, "cut at {cut}");
        assert_eq!(analysis.notes.len(), 1);
    }
    assert!(before > 300, "{before}");
}

#[test]
fn nothing_at_all_is_a_report() {
    for files in [vec![], vec![("empty.pcap", pcap(&[]))], vec![("empty.pcapng", pcapng(&[]))]] {
        for threads in [1, 4] {
            let files: Vec<(&str, &[u8])> = files.iter().map(|(n, b)| (*n, &b[..])).collect();
            let analysis = run(&files, &Settings { threads, ..private() });
            let document = analysis.document;
            assert_eq!((document.span.is_none(), document.hosts.len()), (true, 0));
            assert_eq!(document.totals.packets, 0);
            assert!(analysis.notes.is_empty() && !analysis.interrupted);
        }
    }
}

#[test]
fn times_out_of_order_and_out_of_this_century_do_no_harm() {
    let mut packets: Packets = some().clone();
    packets.reverse();
    for (n, packet) in packets.iter_mut().enumerate() {
        packet.0 = match n % 50 {
            7 => 0,
            9 => u64::from(u32::MAX) * 1_000_000,
            _ => packet.0,
        };
    }
    let bytes = pcap(&packets);
    let one = report(&[("x", &bytes)], &private());
    let many = report(&[("x", &bytes)], &Settings { threads: 6, ..private() });
    assert_eq!(json(&one), json(&many));
    assert_eq!(one.totals.packets, 400);
    assert!(one.totals.anomalies["time_backwards"] > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn flipped_bytes_do_no_harm(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..200),
        threads in 1usize..4,
    ) {
        // Only frames are damaged, so that the file can be read to its end.
        let mut packets: Packets = some()[..120].to_vec();
        for (index, byte) in flips {
            let total: usize = packets.iter().map(|(_, f)| f.len()).sum();
            let mut at = index.index(total);
            for (_, frame) in &mut packets {
                if at < frame.len() {
                    frame[at] ^= byte;
                    break;
                }
                at -= frame.len();
            }
        }
        let got = report(&[("x", &pcap(&packets))], &Settings { threads, ..private() });
        prop_assert_eq!(got.totals.packets, 120);
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(
        magic in 0usize..6, bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let heads: [&[u8]; 6] = [
            b"",
            &[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0],
            &[0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0],
            b"#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\tid.resp_h\n",
            b"{\"event_type\":\"flow\",\"timestamp\":\"2026-01-01T00:00:00.0+0000\"",
            &[0x1f, 0x8b, 8, 0],
        ];
        let all = [heads[magic], &bytes].concat();
        if let Ok(input) = from_reader("x", None, Box::new(Cursor::new(all))) {
            analyze(vec![input], &private(), &mut |_| ControlFlow::Continue(()));
        }
    }
}
