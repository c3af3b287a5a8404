//! Where all threads meet: one bounded channel to the main thread, and buffers on their way back.
//!
//! What bounds it is memory: bytes of packets. Letters alone say little of how much waits: with little
//! traffic each block holds what came within two milliseconds.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ostium_capture::PacketBlock;
use ostium_sensor_api::{Answer, Ask};

/// What the main thread is told.
pub(crate) enum Letter {
    /// Packets of a source.
    Packets(PacketBlock),
    /// A source is at its end.
    End(usize),
    /// Something is asked; the answer goes back.
    Ask(Ask, SyncSender<Answer>),
    /// Something of the hub waits to be heard.
    Hub,
    /// Read the configuration again.
    Reload,
    /// End.
    Stop,
}

/// Letters that may wait: two seconds of small blocks, for the main thread has other work too.
const LETTERS: usize = 1024;
/// Bytes of packets that may wait: some 64 blocks that are full.
const BYTES: usize = 16 << 20;
/// Empty buffers kept.
const SPARE: usize = 16;

/// Where letters are put in.
#[derive(Clone)]
pub(crate) struct Slot {
    sender: SyncSender<Letter>,
    shared: Arc<Shared>,
}

/// Where letters are taken out.
pub(crate) struct Inbox {
    receiver: Receiver<Letter>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// Something was taken out, or nothing will be any more.
    room: Condvar,
    spare: Mutex<Vec<PacketBlock>>,
}

/// What has been put in and not been taken out.
#[derive(Default)]
struct Waiting {
    letters: usize,
    bytes: usize,
    /// Nobody takes any out any more.
    over: bool,
}

/// Both ends.
pub(crate) fn inbox() -> (Slot, Inbox) {
    let (sender, receiver) = sync_channel(LETTERS);
    let shared = Arc::new(Shared::default());
    (Slot { sender, shared: Arc::clone(&shared) }, Inbox { receiver, shared })
}

// === impl Letter ===

impl Letter {
    /// Memory of its packets.
    fn bytes(&self) -> usize {
        match self {
            Self::Packets(block) => block.bytes.len() + size_of_val(block.packets.as_slice()),
            _ => 0,
        }
    }
}

// === impl Shared ===

impl Shared {
    /// A count that is a little wrong after a panic is better than none.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts what will be put in, once there is room for it; `false` when it is over.
    fn enter(&self, bytes: usize) -> bool {
        let is_full = |waiting: &mut Waiting| {
            // One block that is larger than all that may wait comes alone.
            !waiting.over && waiting.bytes > 0 && waiting.bytes + bytes > BYTES
        };
        let waiting = self.waiting();
        let mut waiting = match bytes {
            // What is no packet does not wait for room.
            0 => waiting,
            _ => self.room.wait_while(waiting, is_full).unwrap_or_else(PoisonError::into_inner),
        };
        waiting.letters += 1;
        waiting.bytes += bytes;
        !waiting.over
    }

    fn leave(&self, bytes: usize) {
        let mut waiting = self.waiting();
        waiting.letters = waiting.letters.saturating_sub(1);
        waiting.bytes = waiting.bytes.saturating_sub(bytes);
        drop(waiting);
        self.room.notify_all();
    }
}

// === impl Slot ===

impl Slot {
    /// Puts a letter in, waiting for room; `false` when nobody takes any out any more.
    pub(crate) fn put(&self, letter: Letter) -> bool {
        let bytes = letter.bytes();
        let sent = self.shared.enter(bytes) && self.sender.send(letter).is_ok();
        if !sent {
            self.shared.leave(bytes);
        }
        sent
    }

    /// Puts a letter without packets in, if there is room: who is that busy looks by itself soon.
    pub(crate) fn nudge(&self, letter: Letter) {
        self.shared.waiting().letters += 1;
        if self.sender.try_send(letter).is_err() {
            self.shared.leave(0);
        }
    }

    /// An empty buffer.
    pub(crate) fn buffer(&self) -> PacketBlock {
        self.shared.spare.lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_default()
    }
}

// === impl Inbox ===

impl Inbox {
    /// The next letter, or `None` after so long; `Err` when nobody can write any more.
    pub(crate) fn take(&self, patience: Duration) -> Result<Option<Letter>, ()> {
        match self.receiver.recv_timeout(patience) {
            Ok(letter) => {
                self.shared.leave(letter.bytes());
                Ok(Some(letter))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(()),
        }
    }

    /// How full it is, 0 to 1.
    pub(crate) fn fullness(&self) -> f64 {
        let waiting = self.shared.waiting();
        let letters = waiting.letters as f64 / LETTERS as f64;
        letters.max(waiting.bytes as f64 / BYTES as f64)
    }

    /// Takes back a buffer.
    pub(crate) fn give_back(&self, block: PacketBlock) {
        if let Ok(mut spare) = self.shared.spare.lock()
            && spare.len() < SPARE
        {
            spare.push(block);
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.shared.waiting().over = true;
        self.shared.room.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packets(bytes: usize) -> Letter {
        Letter::Packets(PacketBlock { bytes: vec![0; bytes], ..PacketBlock::default() })
    }

    #[test]
    fn many_small_blocks_are_not_much() {
        let (slot, inbox) = inbox();
        // A third of a second in which a quiet line handed over what it had every two milliseconds.
        assert!((0..150).all(|_| slot.put(packets(1_000))));
        assert!(inbox.fullness() < 0.2, "{}", inbox.fullness());
        (0..150).for_each(|_| drop(inbox.take(Duration::ZERO)));
        assert!(inbox.fullness() == 0.0);
    }

    #[test]
    fn memory_is_what_bounds_it() {
        let (slot, inbox) = inbox();
        let block = BYTES / 64;
        assert!((0..64).all(|_| slot.put(packets(block))));
        assert!(inbox.fullness() > 0.99);
        let (told, heard) = std::sync::mpsc::channel();
        let writer = std::thread::spawn(move || {
            // Questions do not wait behind packets; packets wait for room.
            told.send(slot.put(Letter::Reload)).ok();
            told.send(slot.put(packets(block))).ok();
            told.send(slot.put(packets(2 * BYTES))).ok();
        });
        let soon = Duration::from_secs(20);
        assert_eq!(heard.recv_timeout(soon), Ok(true));
        assert!(heard.recv_timeout(Duration::from_millis(50)).is_err(), "it is full");
        inbox.take(Duration::ZERO).ok();
        assert_eq!(heard.recv_timeout(soon), Ok(true));
        // Whoever waits when it ends is told so.
        drop(inbox);
        assert_eq!(heard.recv_timeout(soon), Ok(false));
        writer.join().unwrap();
    }
}
