//! What the reading thread hands to whoever owns the shards.
//!
//! Tasks wait in one list for each shard and are worked off shard by shard: the state of one shard
//! stays in the processor's cache while a whole list is done, which is worth more than anything
//! else in the path of a log row. Connections of a log, the most frequent rows, are copied into the
//! list, so that a shard finds them side by side. Order within a shard is the order of the input.

use std::sync::Arc;

use ostium_capture::PacketBlock;
use ostium_event::Home;
use ostium_ingest::{CertRecord, ConnectionRow, RowBlock};

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

/// What waits for one shard, in order.
#[derive(Debug, Default)]
struct Queue {
    todo: Vec<Todo>,
    connections: Vec<ConnectionRow>,
}

/// Something to do.
#[derive(Debug)]
enum Todo {
    /// What a task says, with the place of its block in `blocks`.
    Task(u32, Task),
    /// This many of the connections that come next.
    Connections(u32),
}

/// Work on some shards: for each of them a list of tasks, in order.
#[derive(Debug)]
pub(crate) struct Batch {
    blocks: Vec<Arc<Block>>,
    /// For each shard.
    queues: Vec<Queue>,
    len: usize,
}

// === impl Batch ===

impl Batch {
    /// Work on this many shards, none of it there yet.
    pub(crate) fn new(shards: usize) -> Self {
        Self {
            blocks: Vec::new(),
            queues: std::iter::repeat_with(Queue::default).take(shards).collect(),
            len: 0,
        }
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
        if let Some(queue) = self.queues.get_mut(place) {
            queue.todo.push(Todo::Task(slot as u32, task));
            self.len += 1;
        }
    }

    /// Blocks that are held by what waits.
    pub(crate) const fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// Adds a connection for the `place`-th of the shards.
    #[inline]
    pub(crate) fn add_connection(&mut self, place: usize, row: ConnectionRow) {
        let Some(queue) = self.queues.get_mut(place) else {
            return;
        };
        queue.connections.push(row);
        self.len += 1;
        match queue.todo.last_mut() {
            Some(Todo::Connections(count)) => *count += 1,
            _ => queue.todo.push(Todo::Connections(1)),
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
        let Some(queue) = self.queues.get_mut(place) else {
            return;
        };
        let mut connections = queue.connections.as_slice();
        for todo in queue.todo.drain(..) {
            let (slot, task) = match todo {
                Todo::Connections(count) => {
                    self.len -= count as usize;
                    let (now, later) =
                        connections.split_at_checked(count as usize).unwrap_or_default();
                    shard.connections(now);
                    connections = later;
                    continue;
                }
                Todo::Task(slot, task) => (slot, task),
            };
            self.len -= 1;
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
        queue.connections.clear();
    }

    /// Lets the blocks go; only when no task waits.
    pub(crate) fn take_blocks(&mut self) -> std::vec::Drain<'_, Arc<Block>> {
        debug_assert_eq!(self.len, 0, "tasks speak of the blocks");
        self.blocks.drain(..)
    }
}
