//! What the reading thread hands to whoever owns the shards.
//!
//! Tasks wait in one list for each shard and are worked off shard by shard: the state of one shard
//! stays in the processor's cache while a whole list is done, which is worth more than anything
//! else in the path of a log row. Order within a shard is the order of the input.

use std::sync::Arc;

use ostium_capture::PacketBlock;
use ostium_event::Home;
use ostium_ingest::{CertRecord, RowBlock};

use crate::shard::Shard;

/// A buffer of packets or rows, shared by those who work on it.
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

/// Work on some shards: for each of them a list of tasks, in order.
#[derive(Debug)]
pub(crate) struct Batch {
    blocks: Vec<Arc<Block>>,
    /// For each shard: the place in `blocks`, and what to do.
    tasks: Vec<Vec<(u32, Task)>>,
    len: usize,
}

// === impl Batch ===

impl Batch {
    /// Work on this many shards, none of it there yet.
    pub(crate) fn new(shards: usize) -> Self {
        Self { blocks: Vec::new(), tasks: vec![Vec::new(); shards], len: 0 }
    }

    /// Tasks that wait.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Adds a task for the `place`-th of the shards.
    #[inline]
    pub(crate) fn add(&mut self, place: usize, block: &Arc<Block>, task: Task) {
        // Tasks of one block mostly follow each other.
        let known = self.blocks.iter().rposition(|b| Arc::ptr_eq(b, block));
        let slot = known.unwrap_or_else(|| {
            self.blocks.push(Arc::clone(block));
            self.blocks.len() - 1
        });
        if let Some(tasks) = self.tasks.get_mut(place) {
            tasks.push((slot as u32, task));
            self.len += 1;
        }
    }

    /// Does all tasks, shard by shard; what is left are the blocks.
    pub(crate) fn run(&mut self, home: &Home, shards: &mut [Shard]) {
        for (place, shard) in shards.iter_mut().enumerate() {
            self.run_one(place, home, shard);
        }
    }

    /// Does the tasks of one shard.
    pub(crate) fn run_one(&mut self, place: usize, home: &Home, shard: &mut Shard) {
        let Some(tasks) = self.tasks.get_mut(place) else {
            return;
        };
        self.len -= tasks.len();
        for (slot, task) in tasks.drain(..) {
            match (self.blocks.get(slot as usize).map(|block| &**block), task) {
                (Some(Block::Packets(block)), Task::Packet(index)) => {
                    if let Some(packet) = block.packets.get(index as usize) {
                        shard.packet(home, block, packet);
                    }
                }
                (Some(Block::Rows(block)), Task::Row(task)) => shard.row(home, block, &task),
                _ => {}
            }
        }
    }

    /// Lets the blocks go; only when no task waits.
    pub(crate) fn take_blocks(&mut self) -> std::vec::Drain<'_, Arc<Block>> {
        debug_assert_eq!(self.len, 0, "tasks speak of the blocks");
        self.blocks.drain(..)
    }
}
