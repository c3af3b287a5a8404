//! Where all threads meet: one bounded channel to the main thread, and buffers on their way back.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
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
    /// Read the configuration again.
    Reload,
    /// End.
    Stop,
}

/// Letters that may wait.
const WAITING: usize = 64;
/// Empty buffers kept.
const SPARE: usize = 16;

/// Where letters are put in.
#[derive(Clone)]
pub(crate) struct Slot {
    sender: SyncSender<Letter>,
    waiting: Arc<AtomicUsize>,
    spare: Arc<Mutex<Vec<PacketBlock>>>,
}

/// Where letters are taken out.
pub(crate) struct Inbox {
    receiver: Receiver<Letter>,
    waiting: Arc<AtomicUsize>,
    spare: Arc<Mutex<Vec<PacketBlock>>>,
}

/// Both ends.
pub(crate) fn inbox() -> (Slot, Inbox) {
    let (sender, receiver) = sync_channel(WAITING);
    let (waiting, spare) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
    let slot = Slot { sender, waiting: Arc::clone(&waiting), spare: Arc::clone(&spare) };
    (slot, Inbox { receiver, waiting, spare })
}

// === impl Slot ===

impl Slot {
    /// Puts a letter in, waiting for room; `false` when nobody takes any out any more.
    pub(crate) fn put(&self, letter: Letter) -> bool {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let sent = self.sender.send(letter).is_ok();
        if !sent {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        sent
    }

    /// An empty buffer.
    pub(crate) fn buffer(&self) -> PacketBlock {
        self.spare.lock().ok().and_then(|mut spare| spare.pop()).unwrap_or_default()
    }
}

// === impl Inbox ===

impl Inbox {
    /// The next letter, or `None` after so long; `Err` when nobody can write any more.
    pub(crate) fn take(&self, patience: Duration) -> Result<Option<Letter>, ()> {
        match self.receiver.recv_timeout(patience) {
            Ok(letter) => {
                self.waiting.fetch_sub(1, Ordering::Relaxed);
                Ok(Some(letter))
            }
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(()),
        }
    }

    /// How full it is, 0 to 1.
    pub(crate) fn fullness(&self) -> f64 {
        self.waiting.load(Ordering::Relaxed) as f64 / WAITING as f64
    }

    /// Takes back a buffer.
    pub(crate) fn give_back(&self, block: PacketBlock) {
        if let Ok(mut spare) = self.spare.lock()
            && spare.len() < SPARE
        {
            spare.push(block);
        }
    }
}
