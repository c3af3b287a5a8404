//! Zeek conn.log, TSV: reading, first look and events together on one thread.
//!
//! Rows are made up, 120 bytes or so each, with times that are nearly in order.

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Cursor;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ostium_event::Home;
use ostium_ingest::{LogFile, RowBlock, Scratch};

const ROWS: u64 = 200_000;

const FIELDS: &str = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\
    \torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\
    \torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents";

fn made_up() -> String {
    let mut log = format!("#separator \\x09\n#set_separator\t,\n#path\tconn\n#fields\t{FIELDS}\n");
    let mut state = 7u64;
    for row in 0..ROWS {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let r = state >> 33;
        let micros = row * 700 + r % 300_000;
        let (secs, part) = (1_600_000_000 + micros / 1_000_000, micros % 1_000_000);
        let written = writeln!(
            log,
            "{secs}.{part:06}\tC{r:09x}{row:07}\t10.{}.{}.{}\t{}\t93.184.{}.{}\t443\ttcp\tssl\t\
             {}.{part:06}\t{}\t{}\tSF\tT\tF\t0\tShADadFf\t{}\t{}\t{}\t{}\t-",
            r % 4,
            r % 200,
            r % 250,
            1024 + r % 60_000,
            r % 256,
            r % 251,
            r % 30,
            r % 5000,
            r % 70_000,
            5 + r % 20,
            300 + r % 6000,
            4 + r % 60,
            200 + r % 80_000,
        );
        assert!(written.is_ok());
    }
    log
}

fn read(log: &Arc<[u8]>, events: bool) -> u64 {
    let reader = Box::new(Cursor::new(Arc::clone(log)));
    let Ok(mut file) = LogFile::open("conn.log", b"", reader) else {
        return 0;
    };
    let (mut block, mut scratch) = (RowBlock::default(), Scratch::default());
    let home = Home::private();
    let mut seen = 0;
    while let Ok(true) = file.next_rows(&mut block) {
        let Some(schema) = block.schema.clone() else {
            break;
        };
        for row in block.rows.iter().filter(|_| events) {
            let row = block.reference(row);
            let result = schema.events(&home, &row, &mut scratch, |event| {
                black_box(event);
                seen += 1;
            });
            assert!(result.is_ok());
        }
    }
    seen
}

fn bench(c: &mut Criterion) {
    let log: Arc<[u8]> = made_up().into_bytes().into();
    let mut group = c.benchmark_group("zeek_conn");
    group.sample_size(20);
    group.throughput(Throughput::Bytes(log.len() as u64));
    group.bench_function("first_look", |b| b.iter(|| read(black_box(&log), false)));
    group.bench_function("first_look_and_events", |b| b.iter(|| read(black_box(&log), true)));
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
