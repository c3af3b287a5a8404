//! Logs and their compression: rows and events the same however the bytes arrive.

use std::io::{Cursor, Read, Write};

use ostium_event::Home;
use ostium_ingest::{
    CertIndex, LogFile, LogKind, Packing, Rejoin, RowBlock, Scratch, Unpacked, sniff,
};

use crate::{Bits, Dribble};

const NAMES: [&str; 8] =
    ["conn.log", "dns.log", "ssl.log", "x509.log", "http.log", "eve.json", "open_conn.log", "x"];

/// Zeek, tab-separated. With `--cfg fuzzing` the reader of connections is held against the reading
/// of single fields.
pub fn zeek_tsv(bytes: &[u8]) -> bool {
    log(bytes, |head| head.trim_ascii_start().first() == Some(&b'#'))
}

/// Zeek, JSON lines.
pub fn zeek_json(bytes: &[u8]) -> bool {
    log(bytes, |head| head.first() == Some(&b'{'))
}

/// Suricata EVE.
pub fn eve(bytes: &[u8]) -> bool {
    log(bytes, |head| head.windows(10).any(|at| at == b"event_type"))
}

/// The fields of one row of connections behind a usual head.
pub fn conn_row(bytes: &[u8]) -> bool {
    const HEAD: &[u8] = b"#path\tconn\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\t\
        id.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tmissed_bytes\t\
        history\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n";
    let rows = [HEAD, bytes].concat();
    read("conn.log", &rows, usize::MAX).is_some()
}

/// What is it, and what does it unpack to?
pub fn unpack(bytes: &[u8]) -> bool {
    let mut bits = Bits(bytes);
    let choice = bits.byte();
    let name = NAMES[usize::from(choice & 7)];
    let _ = sniff(name, bits.0);
    let packing = Packing::of(bits.0);
    let whole = unpacked(packing, bits.0, usize::MAX);
    let pieces = unpacked(packing, bits.0, usize::from(choice >> 3) + 1);
    assert!(whole == pieces, "the same for any cut of the bytes");
    // What is packed by the usual libraries is unpacked as it was.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let packed = gzip.write_all(bits.0).and_then(|()| gzip.finish()).unwrap_or_default();
    let back = unpacked(Packing::of(&packed), &packed, 7);
    assert!(back == Some((bits.0.to_vec(), false)), "gzip gives back what was put in");
    true
}

fn unpacked(packing: Packing, bytes: &[u8], piece: usize) -> Option<(Vec<u8>, bool)> {
    let mut stream = Unpacked::new(packing, Dribble::new(bytes, piece)).ok()?;
    let mut out = Vec::new();
    stream.by_ref().take(1 << 20).read_to_end(&mut out).ok()?;
    Some((out, stream.damaged()))
}

fn log(bytes: &[u8], keep: fn(&[u8]) -> bool) -> bool {
    let mut bits = Bits(bytes);
    let choice = bits.byte();
    let name = NAMES[usize::from(choice & 7)];
    let whole = read(name, bits.0, usize::MAX);
    let pieces = read(name, bits.0, usize::from(choice >> 3) + 1);
    assert!(whole == pieces, "the same rows and events for any cut of the bytes");
    whole.is_some() && keep(bits.0)
}

/// All events and counts of a log; `None` when it is refused.
fn read(name: &str, bytes: &[u8], piece: usize) -> Option<Vec<String>> {
    let reader: Box<dyn Read + Send> = match piece {
        usize::MAX => Box::new(Cursor::new(bytes.to_vec())),
        piece => Dribble::new(bytes, piece),
    };
    let mut file = match LogFile::open(name, b"", reader) {
        Ok(file) => file,
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "an error is one line");
            return None;
        }
    };
    let home = Home::private();
    let (mut block, mut scratch) = (RowBlock::default(), Scratch::default());
    let (mut certs, mut rejoin) = (CertIndex::default(), Rejoin::default());
    let mut all = Vec::new();
    loop {
        match file.next_rows(&mut block) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                all.push(error.to_string());
                break;
            }
        }
        let schema = block.schema.clone()?;
        for row in &block.rows {
            let text = block.bytes_of(row);
            let admit = rejoin.admit(row);
            let learnt = certs.learn(&schema, row, text).is_ok();
            let cert = certs.find(&schema, row, text);
            let mut reference = block.reference(row);
            reference.cert = cert.as_deref();
            all.push(format!("{admit:?} {learnt} {:?} {}", row.kind, row.line));
            let told = schema.events(&home, &reference, &mut scratch, |event| {
                assert_eq!(row.inside(&home), event.flow.inside, "rows and events agree");
                all.push(format!("{event:?}"));
            });
            all.push(format!("{told:?}"));
        }
    }
    let counters = file.counters();
    assert!(counters.rows + counters.malformed + counters.skipped <= bytes.len() as u64 + 1);
    all.push(format!("{counters:?}"));
    let known = matches!(file.kind(), LogKind::ZeekConn) || !all.is_empty();
    known.then_some(all)
}
