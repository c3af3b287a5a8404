//! Whole files, from bytes to events.

mod damage;
mod eve;
mod zeek;

use std::io::Cursor;

use ostium_event::{Event, Home};

use crate::{CertIndex, Counters, LogFile, OpenError, RowBlock, RowKind, RowRef, Scratch};

/// All that a file gives: events as text, rows as (kind, seconds, line), and what was counted.
#[derive(Debug, Default)]
struct Read {
    events: Vec<String>,
    rows: Vec<(RowKind, u64, u32)>,
    bad_rows: Vec<u32>,
    counters: Counters,
    error: Option<String>,
}

fn open(name: &str, bytes: &[u8]) -> Result<LogFile, OpenError> {
    LogFile::open(name, b"", Box::new(Cursor::new(bytes.to_vec())))
}

fn read(name: &str, bytes: &[u8]) -> Read {
    read_with(name, bytes, &mut CertIndex::default())
}

fn read_with(name: &str, bytes: &[u8], certs: &mut CertIndex) -> Read {
    drain(open(name, bytes).unwrap(), certs, |event| format!("{event:?}"))
}

/// Reads a file to its end; `tell` says of each event what matters.
fn drain(mut file: LogFile, certs: &mut CertIndex, tell: impl Fn(&Event<'_>) -> String) -> Read {
    let (mut block, mut scratch) = (RowBlock::default(), Scratch::default());
    let mut all = Read::default();
    loop {
        match file.next_rows(&mut block) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                all.error = Some(error.to_string());
                break;
            }
        }
        let schema = block.schema.clone().unwrap();
        for row in &block.rows {
            all.rows.push((row.kind, row.at.secs(), row.line));
            let bytes = block.bytes_of(row);
            let mut ok = certs.learn(&schema, row, bytes).is_ok();
            let cert = certs.find(&schema, row, bytes);
            let reference = RowRef { cert: cert.as_deref(), ..block.reference(row) };
            let home = Home::private();
            let told = schema.events(&home, &reference, &mut scratch, |event| {
                assert_eq!(row.inside(&home), event.flow.inside, "rows and events agree");
                all.events.push(tell(event));
            });
            ok &= told.is_ok();
            if !ok {
                all.bad_rows.push(row.line);
            }
        }
    }
    all.counters = file.counters();
    all
}

/// A TSV log of a kind: columns apart by spaces, as are the fields of each row.
fn tsv(path: &str, fields: &str, rows: &[&str]) -> String {
    let tabs = |line: &str| line.split_whitespace().collect::<Vec<_>>().join("\t");
    let mut log = format!(
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{path}\n"
    );
    log += &format!("#fields\t{}\n#types\tx\n", tabs(fields));
    for row in rows {
        log += &tabs(row);
        log.push('\n');
    }
    log + "#close\t2024-01-01-00-00-00\n"
}

const CONN: &str = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration \
    orig_bytes resp_bytes conn_state missed_bytes history orig_pkts orig_ip_bytes resp_pkts \
    resp_ip_bytes";
const OUT: &str = "1600000000.500000 CA 10.0.0.1 5000 192.0.2.1 443 tcp ssl 2.250000 \
    100 2000 SF 0 ShADadFf 5 400 6 2400";
const IN: &str = "1600000001.000000 CB 192.0.2.9 6000 10.0.0.2 22 tcp - - - - S0 0 S 1 60 0 0";
