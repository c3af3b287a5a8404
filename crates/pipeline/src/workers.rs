//! Who works on the shards: the reading thread itself, or several threads.
//!
//! Each shard belongs to one thread for the whole run and gets its work in the order of the input,
//! so the number of threads changes nothing but the time it takes.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use ostium_capture::PacketBlock;
use ostium_event::{Anomaly, Home};
use ostium_ingest::RowBlock;
use ostium_track::{Facing, shard_of};
use ostium_wire::decode;

use crate::budget::Budget;
use crate::dispatch::{Batch, Block, RowTask, Task};
use crate::shard::{SHARDS, Shard};

/// Those who work.
pub(crate) enum Crew {
    /// The reading thread itself.
    Inline(Vec<Shard>),
    /// Threads, each with the shards whose number leaves its own when divided by their count.
    Threads(Team),
}

/// Several threads.
pub(crate) struct Team {
    workers: Vec<Worker>,
    spare: Receiver<PacketBlock>,
}

struct Worker {
    sender: SyncSender<Batch>,
    thread: JoinHandle<Vec<Shard>>,
    batch: Batch,
}

/// Tasks sent at once, and batches that may wait for a thread.
const BATCH: usize = 4096;
const WAITING: usize = 8;

// === impl Crew ===

impl Crew {
    pub(crate) fn new(threads: usize, budget: Budget, known: bool, home: &Arc<Home>) -> Self {
        let threads = threads.clamp(1, SHARDS as usize);
        if threads == 1 {
            return Self::Inline((0..SHARDS).map(|_| Shard::new(budget, known)).collect());
        }
        let (spare_sender, spare) = channel();
        let workers = (0..threads)
            .map(|place| {
                let mine = (place..SHARDS as usize).step_by(threads);
                let shards: Vec<Shard> = mine.map(|_| Shard::new(budget, known)).collect();
                let (sender, receiver) = sync_channel(WAITING);
                let (home, spare) = (Arc::clone(home), spare_sender.clone());
                let thread =
                    std::thread::spawn(move || work(shards, threads, &home, &receiver, &spare));
                Worker { sender, thread, batch: Batch::default() }
            })
            .collect();
        Self::Threads(Team { workers, spare })
    }

    /// Gives one packet of a block to the shard that owns it.
    ///
    /// # Errors
    /// The anomaly, when the frame holds no packet that can be analysed.
    #[inline]
    pub(crate) fn packet(
        &mut self,
        home: &Home,
        shared: &Arc<Block>,
        block: &PacketBlock,
        index: u32,
    ) -> Result<(), Anomaly> {
        let packet = block.packets.get(index as usize).ok_or(Anomaly::RecordMalformed)?;
        let frame = block.frame(packet);
        let meta = decode(packet.link, frame).map_err(|skip| skip.0)?;
        let facing = Facing::of(&meta, home);
        let shard = shard_of(facing.key.inside, SHARDS);
        match self {
            Self::Inline(shards) => {
                if let Some(shard) = shards.get_mut(shard as usize) {
                    shard.decoded(packet.at, &meta, &facing, frame);
                }
            }
            Self::Threads(team) => team.give(shard, shared, Task::Packet(index)),
        }
        Ok(())
    }

    /// Gives one row of a block to the shard that owns it.
    pub(crate) fn row(
        &mut self,
        home: &Home,
        shared: &Arc<Block>,
        block: &RowBlock,
        task: RowTask,
    ) {
        let Some(row) = block.rows.get(task.row as usize) else {
            return;
        };
        let shard = shard_of(row.inside(home), SHARDS);
        match self {
            Self::Inline(shards) => {
                if let Some(shard) = shards.get_mut(shard as usize) {
                    shard.row(home, block, &task);
                }
            }
            Self::Threads(team) => team.give(shard, shared, Task::Row(task)),
        }
    }

    /// A buffer that is no longer used, if there is one.
    pub(crate) fn spare(&mut self) -> Option<PacketBlock> {
        match self {
            Self::Inline(_) => None,
            Self::Threads(team) => team.spare.try_recv().ok(),
        }
    }

    /// Ends all work; gives back the shards in order.
    pub(crate) fn finish(self) -> Vec<Shard> {
        match self {
            Self::Inline(mut shards) => {
                shards.iter_mut().for_each(Shard::finish);
                shards
            }
            Self::Threads(team) => team.finish(),
        }
    }
}

// === impl Team ===

impl Team {
    fn give(&mut self, shard: u32, block: &Arc<Block>, task: Task) {
        let place = shard as usize % self.workers.len().max(1);
        let Some(worker) = self.workers.get_mut(place) else {
            return;
        };
        let batch = &mut worker.batch;
        // Tasks of one block mostly follow each other.
        let known = batch.blocks.iter().rposition(|b| Arc::ptr_eq(b, block));
        let slot = known.unwrap_or_else(|| {
            batch.blocks.push(Arc::clone(block));
            batch.blocks.len() - 1
        });
        batch.tasks.push((shard, slot as u32, task));
        if batch.tasks.len() >= BATCH {
            worker.send();
        }
    }

    fn finish(self) -> Vec<Shard> {
        let count = self.workers.len();
        let mut all: Vec<std::vec::IntoIter<Shard>> = Vec::with_capacity(count);
        let mut threads = Vec::with_capacity(count);
        for mut worker in self.workers {
            worker.send();
            drop(worker.sender);
            threads.push(worker.thread);
        }
        for thread in threads {
            match thread.join() {
                Ok(shards) => all.push(shards.into_iter()),
                // A worker that panicked has said why: its panic goes on here.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        (0..SHARDS as usize)
            .filter_map(|shard| all.get_mut(shard % count).and_then(Iterator::next))
            .collect()
    }
}

// === impl Worker ===

impl Worker {
    fn send(&mut self) {
        let empty = Batch { blocks: Vec::new(), tasks: Vec::with_capacity(BATCH) };
        let batch = std::mem::replace(&mut self.batch, empty);
        // A worker only hangs up when it panicked; joining it tells.
        if !batch.tasks.is_empty() && self.sender.send(batch).is_err() {
            self.batch.tasks.clear();
        }
    }
}

/// What a thread does: its shards' work, in order, until there is no more.
fn work(
    mut shards: Vec<Shard>,
    threads: usize,
    home: &Home,
    batches: &Receiver<Batch>,
    spare: &Sender<PacketBlock>,
) -> Vec<Shard> {
    for batch in batches {
        for (shard, slot, task) in &batch.tasks {
            let (Some(shard), Some(block)) =
                (shards.get_mut(*shard as usize / threads), batch.blocks.get(*slot as usize))
            else {
                continue;
            };
            match (&**block, task) {
                (Block::Packets(block), Task::Packet(index)) => {
                    if let Some(packet) = block.packets.get(*index as usize) {
                        shard.packet(home, block, packet);
                    }
                }
                (Block::Rows(block), Task::Row(task)) => shard.row(home, block, task),
                _ => {}
            }
        }
        for block in batch.blocks {
            if let Some(Block::Packets(block)) = Arc::into_inner(block) {
                // Nobody wants buffers any more once reading has ended.
                if spare.send(block).is_err() {
                    break;
                }
            }
        }
    }
    shards.iter_mut().for_each(Shard::finish);
    shards
}
