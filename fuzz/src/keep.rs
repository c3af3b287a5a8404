//! What a sensor remembered over a restart. A checksum guards the files against accidents, so what
//! is asserted is that reading breaks nothing and that what was read is written again.

use std::sync::Arc;

use ostium_pipeline::{Engine, Settings};

/// An engine that has heard nothing.
pub fn engine() -> Engine {
    Engine::new(Arc::new(Settings { memory: 1 << 20, ..Settings::default() }))
}

/// Behaviour of the hosts of one shard.
pub fn kept(bytes: &[u8]) -> bool {
    let mut first = engine();
    if first.recall(0, bytes.to_vec()).is_err() {
        return false;
    }
    let mut again = || {
        first.keep_again(0);
        first.keep(0).ok().flatten()
    };
    let written = again().unwrap_or_default();
    let mut second = engine();
    assert!(second.recall(0, written.clone()).is_ok(), "what was written is read");
    second.keep_again(0);
    let twice = second.keep(0).ok().flatten().unwrap_or_default();
    assert_eq!(twice.len(), written.len(), "and written as it was");
    true
}
