//! Who works on the shards: the reading thread itself, or several threads.
//!
//! Each shard belongs to one thread for the whole run and gets its work in the order of the input,
//! so the number of threads changes nothing but the time it takes.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use ostium_capture::PacketBlock;
use ostium_event::{Anomaly, Home};
use ostium_ingest::{ConnectionRow, RowBlock};
use ostium_track::{Facing, inside_of, shard_of};
use ostium_wire::{Ends, decode, glance};

use crate::balance::Balance;
use crate::budget::Budget;
use crate::dispatch::{Batch, Block, RowTask, Task};
use crate::shard::{SHARDS, Shard};

/// Those who work, and what memory each shard has.
pub(crate) struct Crew {
    hands: Hands,
    balance: Balance,
}

/// Those who work.
enum Hands {
    /// The reading thread itself: packets at once, rows when a block is full.
    Inline { shards: Vec<Shard>, batch: Batch, blocks: Vec<Block>, home: Arc<Home> },
    /// Threads, each with the shards whose number leaves its own when divided by their count.
    Threads(Team),
}

/// Several threads.
struct Team {
    workers: Vec<Worker>,
    spare: Receiver<Spare>,
    blocks: Vec<Block>,
    batches: Vec<Batch>,
}

/// What a worker no longer needs.
enum Spare {
    Block(Block),
    Batch(Batch),
}

/// What a worker is to do.
enum Job {
    Batch(Batch),
    /// Something with its shards.
    Call(Call),
}

type Call = Box<dyn FnOnce(&mut [Shard]) + Send>;

struct Worker {
    sender: SyncSender<Job>,
    thread: JoinHandle<Vec<Shard>>,
    batch: Batch,
}

/// Packets sent to a thread at once, and batches that may wait for it. Few, so that their bytes are
/// still in the processor's cache when the thread comes to them.
const PACKETS: usize = 1024;
const WAITING: usize = 3;
/// Rows put off at once, over all threads. Many, because the rows of one shard are worked off
/// together: the more there are, the less often its state has to come back into the cache.
const ROWS: usize = 1 << 16;
/// Blocks of rows held at once: a line may be a mebibyte.
const BLOCKS: usize = 32;

// === impl Crew ===

impl Crew {
    pub(crate) fn new(threads: usize, budget: Budget, known: bool, home: &Arc<Home>) -> Self {
        let threads = threads.clamp(1, SHARDS as usize);
        let balance = Balance::new(budget);
        if threads == 1 {
            let hands = Hands::Inline {
                shards: (0..SHARDS).map(|_| Shard::new(budget, known, home)).collect(),
                batch: Batch::new(SHARDS as usize),
                blocks: Vec::new(),
                home: Arc::clone(home),
            };
            return Self { hands, balance };
        }
        let (spare_sender, spare) = channel();
        let workers = (0..threads)
            .map(|place| {
                let mine = (place..SHARDS as usize).step_by(threads);
                let shards: Vec<Shard> = mine.map(|_| Shard::new(budget, known, home)).collect();
                let (sender, receiver) = sync_channel(WAITING);
                let (home, spare) = (Arc::clone(home), spare_sender.clone());
                let thread = std::thread::spawn(move || work(shards, &home, &receiver, &spare));
                Worker { sender, thread, batch: Batch::new(shards_of(threads)) }
            })
            .collect();
        let team = Team { workers, spare, blocks: Vec::new(), batches: Vec::new() };
        Self { hands: Hands::Threads(team), balance }
    }

    /// Shares the memory out anew, by what each shard holds after all that was given before.
    #[cold]
    pub(crate) fn share_out(&mut self) {
        let used = self.each(|_, shard| shard.used());
        let shares = self.balance.shares(&used);
        self.each(move |number, shard| {
            if let Some(share) = shares.get(number as usize) {
                shard.set_budget(*share);
            }
        });
    }

    /// Lets one shard hold all that there is, until the memory is shared out again.
    pub(crate) fn unbind(&mut self, shard: u32) {
        let whole = self.balance.whole();
        self.each(move |number, this| {
            if number == shard {
                this.set_budget(whole);
            }
        });
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
        if self.balance.is_due() {
            self.share_out();
        }
        let packet = block.packets.get(index as usize).ok_or(Anomaly::RecordMalformed)?;
        let frame = block.frame(packet);
        match &mut self.hands {
            Hands::Inline { shards, batch, home, .. } => {
                let meta = decode(packet.link, frame).map_err(|skip| skip.0)?;
                let facing = Facing::of(&meta, home);
                let shard = shard_of(facing.key.inside, SHARDS);
                if let Some(owner) = shards.get_mut(shard as usize) {
                    // Rows of another input that came before it.
                    if batch.len() > 0 {
                        batch.run_one(shard as usize, home, owner);
                    }
                    owner.decoded(packet.at, &meta, &facing, frame);
                }
            }
            Hands::Threads(team) => {
                let ends = match glance(packet.link, frame) {
                    Some(ends) => ends,
                    None => Ends::from(&decode(packet.link, frame).map_err(|skip| skip.0)?),
                };
                let shard = shard_of(inside_of(&ends, home), SHARDS);
                team.give(shard, shared, Task::Packet(index));
            }
        }
        Ok(())
    }

    /// Gives one connection to the shard that owns it.
    #[inline]
    pub(crate) fn connection(&mut self, row: ConnectionRow) {
        if self.balance.is_due() {
            self.share_out();
        }
        let shard = shard_of(row.flow().inside, SHARDS);
        match &mut self.hands {
            Hands::Inline { batch, .. } => batch.add_connection(shard as usize, row),
            Hands::Threads(team) => team.give_connection(shard, row),
        }
    }

    /// Gives one row of a block to the shard that owns it.
    pub(crate) fn row(
        &mut self,
        home: &Home,
        shared: &Arc<Block>,
        block: &RowBlock,
        task: RowTask,
    ) {
        if self.balance.is_due() {
            self.share_out();
        }
        let Some(row) = block.rows.get(task.row as usize) else {
            return;
        };
        let shard = shard_of(row.inside(home), SHARDS);
        match &mut self.hands {
            Hands::Inline { batch, .. } => batch.add(shard as usize, shared, Task::Row(task)),
            Hands::Threads(team) => team.give(shard, shared, Task::Row(task)),
        }
    }

    /// A block has been read: does what the reading thread has put off, when that is enough.
    pub(crate) fn block_read(&mut self) {
        if let Hands::Inline { batch, .. } = &mut self.hands
            && (batch.len() >= ROWS || batch.blocks() >= BLOCKS)
        {
            self.settle();
        }
    }

    /// Does all that the reading thread has put off.
    fn settle(&mut self) {
        if let Hands::Inline { shards, batch, blocks, home } = &mut self.hands {
            batch.run(home, shards);
            blocks.extend(batch.take_blocks().filter_map(Arc::into_inner));
        }
    }

    /// The shards as they are now, where the reading thread itself works on them.
    pub(crate) fn shards(&mut self) -> &[Shard] {
        self.settle();
        match &mut self.hands {
            Hands::Inline { shards, .. } => shards,
            Hands::Threads(_) => &[],
        }
    }

    /// Hands over all that waits, however little it is.
    pub(crate) fn flush(&mut self) {
        match &mut self.hands {
            Hands::Inline { .. } => self.settle(),
            Hands::Threads(team) => (0..team.workers.len()).for_each(|place| team.send(place)),
        }
    }

    /// Does something with every shard, after all work given before; what came of it, in the order
    /// of the shards.
    pub(crate) fn each<R: Send + 'static>(
        &mut self,
        act: impl Fn(u32, &mut Shard) -> R + Send + Sync + 'static,
    ) -> Vec<R> {
        self.flush();
        match &mut self.hands {
            Hands::Inline { shards, .. } => {
                (0..).zip(shards).map(|(number, shard)| act(number, shard)).collect()
            }
            Hands::Threads(team) => team.each(&Arc::new(act)),
        }
    }

    /// A buffer that is no longer used, if there is one for this.
    pub(crate) fn spare(&mut self, fits: impl Fn(&Block) -> bool) -> Option<Block> {
        let blocks = match &mut self.hands {
            Hands::Inline { blocks, .. } => blocks,
            Hands::Threads(team) => {
                team.take_back();
                &mut team.blocks
            }
        };
        let place = blocks.iter().rposition(fits)?;
        Some(blocks.swap_remove(place))
    }

    /// Ends all work; gives back the shards in order.
    pub(crate) fn finish(mut self) -> Vec<Shard> {
        self.settle();
        match self.hands {
            Hands::Inline { mut shards, .. } => {
                shards.iter_mut().for_each(Shard::finish);
                shards
            }
            Hands::Threads(team) => team.finish(),
        }
    }
}

// === impl Team ===

impl Team {
    fn give(&mut self, shard: u32, block: &Arc<Block>, task: Task) {
        let enough = match task {
            Task::Packet(_) => PACKETS,
            Task::Row(_) => ROWS / self.workers.len().max(1),
        };
        self.add(shard, enough, |batch, place| batch.add(place, block, task));
    }

    fn give_connection(&mut self, shard: u32, row: ConnectionRow) {
        let enough = ROWS / self.workers.len().max(1);
        self.add(shard, enough, |batch, place| batch.add_connection(place, row));
    }

    /// Adds to what waits for a thread, which is sent when it is enough.
    #[inline]
    fn add(&mut self, shard: u32, enough: usize, add: impl FnOnce(&mut Batch, usize)) {
        let count = self.workers.len().max(1);
        let (place, within) = (shard as usize % count, shard as usize / count);
        let Some(worker) = self.workers.get_mut(place) else {
            return;
        };
        add(&mut worker.batch, within);
        if worker.batch.len() >= enough || worker.batch.blocks() >= BLOCKS {
            self.send(place);
        }
    }

    fn send(&mut self, place: usize) {
        self.take_back();
        let count = self.workers.len();
        let Some(worker) = self.workers.get_mut(place) else {
            return;
        };
        let fresh = self.batches.pop().unwrap_or_else(|| Batch::new(shards_of(count)));
        let batch = std::mem::replace(&mut worker.batch, fresh);
        // A worker only hangs up when it panicked; joining it tells.
        if batch.len() > 0 {
            worker.sender.send(Job::Batch(batch)).ok();
        }
    }

    fn each<R: Send + 'static>(
        &self,
        act: &Arc<impl Fn(u32, &mut Shard) -> R + Send + Sync + 'static>,
    ) -> Vec<R> {
        let count = self.workers.len() as u32;
        let (sender, results) = channel();
        for (place, worker) in (0..).zip(&self.workers) {
            let (act, sender) = (Arc::clone(act), sender.clone());
            let call: Call = Box::new(move |shards| {
                for (number, shard) in (place..).step_by(count as usize).zip(shards) {
                    // Whoever asked waits for it.
                    sender.send((number, act(number, shard))).ok();
                }
            });
            // A worker only hangs up when it panicked; joining it tells.
            worker.sender.send(Job::Call(call)).ok();
        }
        drop(sender);
        let mut results: Vec<(u32, R)> = results.into_iter().collect();
        results.sort_unstable_by_key(|(number, _)| *number);
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn take_back(&mut self) {
        while let Ok(spare) = self.spare.try_recv() {
            match spare {
                Spare::Block(block) => self.blocks.push(block),
                Spare::Batch(batch) => self.batches.push(batch),
            }
        }
    }

    fn finish(mut self) -> Vec<Shard> {
        let count = self.workers.len();
        (0..count).for_each(|place| self.send(place));
        let mut all: Vec<std::vec::IntoIter<Shard>> = Vec::with_capacity(count);
        let mut threads = Vec::with_capacity(count);
        for worker in self.workers {
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

/// The most shards that any of `threads` owns: batches go from thread to thread, so each has room
/// for that many.
const fn shards_of(threads: usize) -> usize {
    (SHARDS as usize).div_ceil(threads)
}

/// What a thread does: its shards' work, in order, until there is no more.
fn work(
    mut shards: Vec<Shard>,
    home: &Home,
    jobs: &Receiver<Job>,
    spare: &Sender<Spare>,
) -> Vec<Shard> {
    for job in jobs {
        let mut batch = match job {
            Job::Batch(batch) => batch,
            Job::Call(call) => {
                call(&mut shards);
                continue;
            }
        };
        batch.run(home, &mut shards);
        // Nobody wants anything back once reading has ended.
        for block in batch.take_blocks() {
            if let Some(block) = Arc::into_inner(block) {
                spare.send(Spare::Block(block)).ok();
            }
        }
        spare.send(Spare::Batch(batch)).ok();
    }
    shards.iter_mut().for_each(Shard::finish);
    shards
}
