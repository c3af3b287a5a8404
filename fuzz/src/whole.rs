//! The whole path: the bytes of a capture or of a log, with little memory.

use std::ops::ControlFlow;

use ostium_event::Home;
use ostium_pipeline::{Settings, analyze, from_reader};

use crate::{Bits, Dribble};

/// A capture.
pub fn capture(bytes: &[u8]) -> bool {
    whole("a.pcap", bytes)
}

/// A log.
pub fn log(bytes: &[u8]) -> bool {
    let mut bits = Bits(bytes);
    let names = ["conn.log", "dns.log", "ssl.log", "x509.log", "http.log", "eve.json"];
    whole(names[usize::from(bits.byte()) % names.len()], bits.0)
}

fn whole(name: &str, bytes: &[u8]) -> bool {
    let once = |piece| {
        let input = from_reader(name, None, Dribble::new(bytes, piece)).ok()?;
        let settings =
            Settings { home: Home::private(), memory: 1 << 20, all: true, ..Settings::default() };
        Some(analyze(vec![input], &settings, &mut |_| ControlFlow::Continue(())))
    };
    let Some(analysis) = once(usize::MAX) else {
        return false;
    };
    let document = &analysis.document;
    assert_eq!(document.totals.hosts as usize, document.hosts.len(), "all hosts are told");
    for host in &document.hosts {
        assert!((0.0..=1.0).contains(&host.probability), "{host:?}");
    }
    for note in &analysis.notes {
        assert!(!note.0.contains('\n'), "a note is one line");
    }
    true
}
