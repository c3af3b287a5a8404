//! What a machine still has to send, in order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use ostium_event::Timestamp;

use crate::burst::Burst;
use crate::packet::Frame;
use crate::record::{FlowRef, Ledger, Told};
use crate::shared::Shared;

/// Packets that wait for their time. They are made when they leave.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) shared: Rc<Shared>,
    pub(crate) queue: Queue,
    /// Notes what happens, where no packets are made.
    pub(crate) ledger: Option<Box<Ledger>>,
}

/// Things by time, and by the order of coming among equals.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Waiting>>,
    /// Of what came last.
    serial: u64,
    /// What comes now comes of this one, and takes the places behind it.
    cause: Option<u64>,
}

/// Places that are left behind each thing for what comes of it.
const PLACES: u64 = 256;

/// What waits.
#[derive(Debug)]
pub(crate) enum Item {
    Frame(Box<Frame>),
    Burst(Box<Burst>),
    /// Something to tell.
    Fact(Box<Told>),
    /// A flow may have been silent for too long.
    Check(FlowRef),
}

#[derive(Debug)]
struct Waiting {
    at: Timestamp,
    serial: u64,
    item: Item,
}

// === impl Outbox ===

impl Outbox {
    /// Of a machine whose packets are made.
    pub(crate) fn new(shared: &Rc<Shared>) -> Self {
        Self { shared: Rc::clone(shared), queue: Queue::default(), ledger: None }
    }

    /// Of a machine that only tells what its packets would have shown.
    pub(crate) fn telling(shared: &Rc<Shared>) -> Self {
        Self { ledger: Some(Box::new(Ledger::new(shared))), ..Self::new(shared) }
    }

    /// A packet passes at some time. Captures hold microseconds, so nothing happens between.
    pub(crate) fn push(&mut self, at: Timestamp, frame: Frame) {
        self.queue.push(at.micros_only(), Item::Frame(Box::new(frame)));
    }

    /// Bytes of a connection pass, beginning at some time.
    pub(crate) fn burst(&mut self, burst: Burst) {
        if let Some(at) = burst.next_at() {
            self.queue.push(at, Item::Burst(Box::new(burst)));
        }
    }

    /// When the next packet passes.
    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.queue.next_at()
    }

    /// Appends the next packet to `out`; when it passes.
    pub(crate) fn write(&mut self, out: &mut Vec<u8>) -> Option<Timestamp> {
        let (at, serial, item) = self.queue.pop()?;
        match item {
            Item::Frame(frame) => frame.write(out),
            // Nobody notes anything where packets are made.
            Item::Fact(_) | Item::Check(_) => {}
            Item::Burst(mut burst) => {
                burst.write(out);
                if let Some(next) = burst.next_at() {
                    self.queue.put(next, serial, Item::Burst(burst));
                }
            }
        }
        Some(at)
    }

    /// Goes on to the next fact and takes it; `None` when the time of what comes is later than
    /// `until`.
    pub(crate) fn next_fact(&mut self, until: Timestamp) -> Option<Box<Told>> {
        let ledger = self.ledger.as_mut()?;
        while self.queue.next_at()? <= until {
            let (at, serial, item) = self.queue.pop()?;
            self.queue.cause = Some(serial);
            match item {
                Item::Fact(told) => {
                    self.queue.cause = None;
                    return Some(told);
                }
                Item::Frame(frame) => ledger.frame(&mut self.queue, at, &frame),
                Item::Check(flow) => ledger.check(&mut self.queue, at, flow),
                Item::Burst(_) => {}
            }
            self.queue.cause = None;
        }
        None
    }

    /// The world has ended: facts that are left, and every flow as it stands.
    pub(crate) fn finish(&mut self, hear: &mut dyn FnMut(Box<Told>)) {
        let Some(ledger) = &mut self.ledger else {
            return;
        };
        ledger.finish(&mut self.queue);
        while let Some((_, _, item)) = self.queue.pop() {
            if let Item::Fact(told) = item {
                hear(told);
            }
        }
    }
}

// === impl Queue ===

impl Queue {
    pub(crate) fn push(&mut self, at: Timestamp, item: Item) {
        let serial = match &mut self.cause {
            Some(cause) => {
                *cause += 1;
                *cause
            }
            None => {
                self.serial += PLACES;
                self.serial
            }
        };
        self.put(at, serial, item);
    }

    fn put(&mut self, at: Timestamp, serial: u64, item: Item) {
        self.heap.push(Reverse(Waiting { at, serial, item }));
    }

    fn next_at(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse(waiting)| waiting.at)
    }

    fn pop(&mut self) -> Option<(Timestamp, u64, Item)> {
        self.heap.pop().map(|Reverse(waiting)| (waiting.at, waiting.serial, waiting.item))
    }
}

// === impl Waiting ===

impl Waiting {
    const fn place(&self) -> (Timestamp, u64) {
        (self.at, self.serial)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.place() == other.place()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place().cmp(&other.place())
    }
}
