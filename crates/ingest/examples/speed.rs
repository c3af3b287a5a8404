//! throwaway
use ostium_event::*;
use ostium_ingest::*;
fn main() {
    let log = std::fs::read("/tmp/conn_speed.log").unwrap();
    let mode = std::env::args().nth(1).unwrap();
    let home = Home::private();
    let mut block = RowBlock::default();
    let mut scratch = Scratch::default();
    let mut seen = 0u64;
    for _ in 0..20 {
        let mut f = LogFile::open("conn.log", b"", Box::new(std::io::Cursor::new(log.clone()))).unwrap();
        while let Ok(true) = f.next_rows(&mut block) {
            let s = block.schema.clone().unwrap();
            if mode == "all" { for row in &block.rows {
                s.events(&home, &RowRef::new(row, block.bytes_of(row)), &mut scratch, |e| { std::hint::black_box(e); seen += 1; }).unwrap();
            } }
        }
    }
    println!("{seen}");
}
