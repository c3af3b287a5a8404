//! throwaway
use ostium_event::*;
use ostium_ingest::*;
use std::collections::BTreeMap;
fn main() {
    let show = std::env::var("SHOW").is_ok();
    for name in std::env::args().skip(1) {
        let file = std::fs::File::open(&name).unwrap();
        let mut f = match LogFile::open(&name, b"", Box::new(file)) { Ok(f) => f, Err(e) => { println!("- {e}"); continue; } };
        f.identify();
        let mut block = RowBlock::default();
        let mut scratch = Scratch::default();
        let home = Home::private();
        let mut certs = CertIndex::default();
        let mut n: BTreeMap<String, u64> = BTreeMap::new();
        let mut bad = 0; let mut firstbad = None;
        loop {
            match f.next_rows(&mut block) { Ok(true) => {}, Ok(false) => break, Err(e) => { println!("READ ERROR {e}"); break; } }
            let schema = block.schema.clone().unwrap();
            for row in &block.rows {
                if row.kind == RowKind::X509 { if let Err(e) = certs.learn(&schema, row, block.bytes_of(row)) { bad += 1; firstbad.get_or_insert((row.line, e)); } continue; }
                let r = RowRef::new(row, block.bytes_of(row));
                let res = schema.events(&home, &r, &mut scratch, |e| {
                    let k = match &e.what { What::FlowOpened{start} => format!("open:{start}:{:?}", e.opened_by), What::FlowClosed(r) => format!("close:{:?}", r.state), What::Dns(d) => format!("dns:{:?}", d.stage), What::Tls(_) => "tls".into(), What::TlsServer(s) => format!("server cert={}", s.certificate.is_some()), What::Http(_) => "http".into(), What::HttpReply(_) => "reply".into(), _ => "?".into() };
                    *n.entry(k).or_default() += 1;
                    if show { println!("{e:?}"); }
                });
                if let Err(e) = res { bad += 1; firstbad.get_or_insert((row.line, e)); }
            }
        }
        println!("{name}: {:?} {:?} events {n:?} badrows {bad} {firstbad:?} {:?}", f.kind(), f.counters(), f.trouble());
    }
}
