//! Input that is cut, damaged, odd or hostile.

use std::io::{self, Cursor, Read as _, Write as _};

use ostium_event::Anomaly;
use proptest::prelude::*;

use super::{CONN, IN, OUT, drain, open, read, tsv};
use crate::{CertIndex, LogFile, OpenError};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Rows that differ, so that compression leaves something to cut.
fn many(rows: u64) -> String {
    let rows: Vec<String> = (0..rows)
        .map(|n| OUT.replace("1600000000.5", &format!("{}.{}", 1_600_000_000 + n, n * n % 99_991)))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    tsv("conn", CONN, &rows)
}

#[test]
fn every_packing_gives_the_same() {
    let log = many(300);
    let plain = read("x", log.as_bytes());
    assert_eq!(plain.events.len(), 600);
    let (front, back) = log.split_at(log.len() / 2);
    let members = [gzip(front.as_bytes()), gzip(back.as_bytes())].concat();
    for packed in [gzip(log.as_bytes()), members, zstd::encode_all(log.as_bytes(), 1).unwrap()] {
        let unpacked = read("x", &packed);
        assert_eq!(unpacked.events, plain.events);
        assert_eq!(unpacked.counters.bytes_read, packed.len() as u64);
        assert_eq!(unpacked.counters.damaged, 0);
    }
    let crlf = log.replace('\n', "\r\n");
    assert_eq!(read("x", crlf.as_bytes()).events, plain.events);
    let marked = format!("\u{feff}{log}");
    assert_eq!(read("x", marked.as_bytes()).events, plain.events);
    let tabbed = format!("\t{log}");
    assert_eq!(read("x", tabbed.as_bytes()).events, plain.events);
}

#[test]
fn a_head_already_read_is_no_loss() {
    let log = gzip(many(10).as_bytes());
    for taken in [0, 1, 3, 100] {
        let rest = Cursor::new(log[taken..].to_vec());
        let file = LogFile::open("x", &log[..taken], Box::new(rest)).unwrap();
        let read = drain(file, &mut CertIndex::default(), |_| String::new());
        assert_eq!(read.events.len(), 20, "{taken}");
    }
}

#[test]
fn cut_compression_gives_what_came_before() {
    let packed = gzip(many(20_000).as_bytes());
    let mut file = open("conn.log.gz", &packed[..packed.len() / 2]).unwrap();
    assert!(file.trouble().is_none());
    let mut block = crate::RowBlock::default();
    let mut rows = 0;
    while file.next_rows(&mut block).unwrap() {
        rows += block.rows.len();
    }
    assert!((5_000..15_000).contains(&rows), "{rows}");
    let counters = file.counters();
    assert_eq!(counters.malformed, 0, "the line that breaks off is part of the damage");
    assert!(counters.anomalies().contains(&(Anomaly::CompressionDamaged, 1)));
    assert!(file.trouble().unwrap().contains("conn.log.gz is cut off or damaged after line"));
}

#[test]
fn bad_lines_are_counted_and_skipped() {
    let log = tsv(
        "conn",
        CONN,
        &[
            OUT,
            "nonsense",
            "1600000000.5 CA 10.0.0.999 1 192.0.2.1 2 tcp",
            "1600000000.5 CA 10.0.0.1 99999 192.0.2.1 2 tcp",
            IN,
        ],
    );
    let read = read("x", log.as_bytes());
    assert_eq!(read.events.len(), 4);
    assert_eq!(read.counters.malformed, 3);
    assert_eq!(read.counters.first_malformed, Some(9));
    assert_eq!(read.bad_rows, [] as [u32; 0], "a connection's row is read whole at the first look");
}

#[test]
fn a_long_line_is_skipped() {
    let mut log = tsv("conn", CONN, &[OUT]).into_bytes();
    log.extend(std::iter::repeat_n(b'9', 10 << 20));
    log.extend(b"\n");
    log.extend(IN.split_whitespace().collect::<Vec<_>>().join("\t").bytes());
    let read = read("x", &log);
    assert_eq!((read.events.len(), read.counters.too_long), (4, 1));
    assert_eq!(read.counters.malformed, 0);
}

#[test]
fn a_second_header_changes_the_columns() {
    let one = tsv("conn", CONN, &[OUT]);
    let moved: Vec<_> = CONN.split_whitespace().rev().collect();
    let row: Vec<_> = IN.split_whitespace().rev().collect();
    let two = tsv("conn", &moved.join(" "), &[&row.join(" ")]);
    let other = tsv("weird", "ts name", &["1.0 odd"]);
    let want = read("x", tsv("conn", CONN, &[OUT, IN, OUT]).as_bytes()).events;
    let all = read("x", [one.as_str(), &two, &other, &one].concat().as_bytes());
    let mut sorted = all.events.clone();
    let mut wanted = want.clone();
    sorted.sort();
    wanted.sort();
    assert_eq!(sorted, wanted);
    assert_eq!(all.counters.skipped, 1);
    let same = read("x", [one.as_str(), &tsv("conn", CONN, &[IN])].concat().as_bytes());
    assert_eq!(same.events.len(), 4);
    let lacking = tsv("conn", &CONN.replace("id.resp_h", "dst"), &[OUT]);
    let broken = read("x", [one.as_str(), &lacking].concat().as_bytes());
    assert_eq!(broken.events.len(), 2, "rows before the bad header stand");
    assert!(broken.error.unwrap().contains("'id.resp_h'"));
}

#[test]
fn what_cannot_be_read_says_why() {
    let error = |name: &str, bytes: &[u8]| open(name, bytes).map(|_| ()).unwrap_err();
    let lacking = tsv("conn", &CONN.replace("id.orig_h", "src"), &[OUT]);
    assert!(matches!(
        error("conn.log", lacking.as_bytes()),
        OpenError::MissingColumn { line: 6, column: "id.orig_h", .. }
    ));
    assert!(matches!(error("x", b""), OpenError::Empty { .. }));
    assert!(matches!(error("x", &gzip(b"")), OpenError::Empty { .. }));
    assert!(matches!(error("x", b"\x0c\xa5\x01\x00"), OpenError::Refused { .. }));
    assert!(matches!(error("x", &gzip(b"\xd4\xc3\xb2\xa1")), OpenError::Capture { .. }));
    assert!(matches!(error("x", b"#just a comment\n"), OpenError::Unknown { .. }));
    let weird = tsv("weird", "ts name", &[]);
    assert_eq!(
        error("w.log", weird.as_bytes()).to_string(),
        "w.log is a Zeek weird log, which is not needed; leave it out"
    );
}

#[test]
fn text_of_other_encodings_is_replaced() {
    let http = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p trans_depth method host uri \
        request_body_len";
    let log = tsv("http", http, &["1.0 C 10.0.0.1 1 192.0.2.1 80 1 GET a.example /cafE 0"]);
    let bytes: Vec<u8> = log.bytes().map(|b| if b == b'E' { 0xe9 } else { b }).collect();
    let bytes = bytes.replace_slice(b"G\xe9T", b"GET");
    let event = &read("x", &bytes).events[0];
    assert!(event.contains("uri: \"/caf?\""), "{event}");
}

trait ReplaceSlice {
    fn replace_slice(&self, from: &[u8], to: &[u8]) -> Vec<u8>;
}

impl ReplaceSlice for Vec<u8> {
    fn replace_slice(&self, from: &[u8], to: &[u8]) -> Vec<u8> {
        let at = self.windows(from.len()).position(|part| part == from).unwrap();
        [&self[..at], to, &self[at + from.len()..]].concat()
    }
}

#[test]
fn a_failing_disk_is_told_after_the_rows() {
    struct Failing;
    impl io::Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk fails"))
        }
    }
    // More than is looked at when opening.
    let log = many(2_000);
    let reader = Box::new(Cursor::new(log.into_bytes()).chain(Failing));
    let file = LogFile::open("x", b"", reader).unwrap();
    let read = drain(file, &mut CertIndex::default(), |_| String::new());
    assert_eq!(read.rows.len(), 2_000);
    assert!(read.error.unwrap().contains("the disk fails"));
}

proptest! {
    #[test]
    fn any_rows(rows in "[0-9.\tA-Za-z:\\-,\\\\x\n]{0,300}") {
        for (path, fields) in [
            ("conn", CONN),
            ("dns", "ts id.orig_h id.orig_p id.resp_h id.resp_p query answers TTLs qtype"),
            ("ssl", "ts id.orig_h id.orig_p id.resp_h id.resp_p server_name subject issuer"),
            ("http", "ts id.orig_h id.orig_p id.resp_h id.resp_p method host uri"),
            ("x509", "ts id certificate.subject certificate.issuer san.dns"),
        ] {
            let prefix = "1.0\t10.0.0.1\t1\t192.0.2.1\t2\t";
            let log = tsv(path, fields, &[]) + prefix + &rows + "\n" + &rows;
            let _ = read("x", log.as_bytes());
        }
    }

    #[test]
    fn any_json(object in "[\\{\\}\\[\\],:\"a-z0-9.\\\\]{0,100}", kind in "(flow|dns|tls|http|quic)") {
        let ends = "\"src_ip\":\"10.0.0.1\",\"dest_ip\":\"192.0.2.1\"";
        let line = format!(
            "{{\"timestamp\":\"2021-06-06T15:59:46Z\",\"event_type\":\"{kind}\",{ends},\"{kind}\":{object}}}\n"
        );
        let _ = read("x", line.as_bytes());
        let zeek = format!("{{\"ts\":1,\"id.orig_h\":\"10.0.0.1\",\"id.resp_h\":\"192.0.2.1\",{object}}}\n");
        for name in ["conn.log", "dns.log", "ssl.log", "http.log", "x509.log"] {
            let _ = read(name, zeek.as_bytes());
        }
    }

    #[test]
    fn any_file(bytes in proptest::collection::vec(any::<u8>(), 0..200), which in 0..4) {
        let front: &[u8] = [&b""[..], b"#fields\tts", b"{\"ts\":1", b"\x1f\x8b\x08"][which as usize];
        if let Ok(file) = open("conn.log", &[front, &bytes].concat()) {
            let _ = drain(file, &mut CertIndex::default(), |_| String::new());
        }
    }
}
