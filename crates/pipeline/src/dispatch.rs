//! What the reading thread hands to the threads that own shards.

use std::sync::Arc;

use ostium_capture::PacketBlock;
use ostium_ingest::{CertRecord, RowBlock};

/// A buffer of packets or rows, shared by the threads that work on it.
#[derive(Debug)]
pub(crate) enum Block {
    Packets(PacketBlock),
    Rows(RowBlock),
}

/// One row to work on, with what other files told of it.
#[derive(Clone, Debug)]
pub(crate) struct RowTask {
    pub(crate) row: u32,
    pub(crate) closes_only: bool,
    pub(crate) cert: Option<Arc<CertRecord>>,
}

/// One packet or row of a block.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    Packet(u32),
    Row(RowTask),
}

/// Work for one thread, in order. The blocks that tasks speak of are in `blocks`.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) blocks: Vec<Arc<Block>>,
    /// Shard, place in `blocks`, and what to do.
    pub(crate) tasks: Vec<(u32, u32, Task)>,
}
