//! One stream of a kind for each sensor: the newest one goes on, and ends the one before.
//!
//! A sensor whose connection broke without a word comes back before the hub has noticed; its old
//! stream must not go on beside the new one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tonic::Status;

/// The open streams of one kind: one for each sensor that has joined, at most.
#[derive(Clone, Debug, Default)]
pub(crate) struct Newest(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    /// Streams that were opened, ever.
    count: u64,
    /// Which stream of a sensor is the newest; to drop the other half ends it.
    streams: BTreeMap<u32, (u64, oneshot::Sender<()>)>,
}

/// A stream that is the newest of its sensor, until it is ended by a newer one.
#[derive(Debug)]
pub(super) struct Turn {
    of: Newest,
    sensor: u32,
    number: u64,
    ended: oneshot::Receiver<()>,
}

// === impl Newest ===

impl Newest {
    /// Another stream of this sensor: the one before ends.
    pub(super) fn begin(&self, sensor: u32) -> Turn {
        let (end, ended) = oneshot::channel();
        let mut open = self.open();
        open.count += 1;
        let number = open.count;
        drop(open.streams.insert(sensor, (number, end)));
        drop(open);
        Turn { of: self.clone(), sensor, number, ended }
    }

    /// A change is whole or has not happened, so what a panic left behind is sound.
    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Turn ===

impl Turn {
    /// Waits for a newer stream of the same sensor.
    pub(super) async fn over(&mut self) {
        // Nothing is ever sent: the other half is dropped.
        drop((&mut self.ended).await);
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut open = self.of.open();
        if open.streams.get(&self.sensor).is_some_and(|(number, _)| *number == self.number) {
            open.streams.remove(&self.sensor);
        }
    }
}

/// What the older stream is told.
pub(super) fn superseded() -> Status {
    Status::aborted(
        "this sensor has opened a newer stream, which goes on instead; if no stream of it broke, \
         two machines use one membership: join the second by an invitation of its own",
    )
}
