//! Where packets come from: interfaces, or a capture that is replayed. One thread each.

use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ostium_capture::{CaptureError, CaptureFile, Live, LiveCapture, LiveOptions};
use ostium_sensor_api::InterfaceRow;

use crate::config::Capture;
use crate::inbox::{Letter, Slot};
use crate::pace::Pace;

/// What a source counts, for whoever asks.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    name: String,
    up: AtomicBool,
    seen: AtomicU64,
    dropped: AtomicU64,
    trouble: Mutex<Option<String>>,
}

/// A source that can be read.
pub(crate) enum Source {
    Interface(Box<LiveCapture>),
    File(Box<CaptureFile>, Option<Pace>),
}

/// How long a reader waits before it looks whether it should end.
const PATIENCE: Duration = Duration::from_millis(200);

// === impl Gauge ===

impl Gauge {
    pub(crate) fn named(name: &str) -> Arc<Self> {
        Arc::new(Self { name: name.to_owned(), up: AtomicBool::new(true), ..Self::default() })
    }

    pub(crate) fn row(&self) -> InterfaceRow {
        InterfaceRow {
            name: self.name.clone(),
            up: self.up.load(Ordering::Relaxed),
            seen: self.seen.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
            trouble: self.trouble.lock().ok().and_then(|trouble| trouble.clone()),
        }
    }

    fn trouble(&self, what: Option<String>) {
        if let Ok(mut trouble) = self.trouble.lock() {
            *trouble = what;
        }
    }
}

// === impl Source ===

impl Source {
    /// Opens an interface.
    pub(crate) fn interface(name: &str, capture: &Capture) -> Result<Self, CaptureError> {
        let options = LiveOptions {
            ring_bytes: usize::try_from(capture.ring.0).unwrap_or(usize::MAX),
            block_timeout: Duration::from_nanos(capture.patience.nanos()),
            promiscuous: capture.promiscuous,
            snap_length: capture.snap_length,
            ignore_outgoing: capture.ignore_outgoing,
            ..LiveOptions::of(name)
        };
        LiveCapture::open(options).map(|live| Self::Interface(Box::new(live)))
    }

    /// Opens a capture to be replayed.
    pub(crate) fn file(path: &PathBuf, pace: Option<f64>) -> Result<Self, CaptureError> {
        let file = File::open(path)?;
        let pace = pace.map(Pace::new);
        CaptureFile::open(Box::new(file)).map(|file| Self::File(Box::new(file), pace))
    }

    /// Reads until it ends or `stop` is set.
    pub(crate) fn read(self, number: usize, slot: &Slot, gauge: &Gauge, stop: &AtomicBool) {
        match self {
            Self::Interface(live) => listen(*live, slot, gauge, stop),
            Self::File(file, pace) => replay(*file, pace, slot, gauge, stop),
        }
        slot.put(Letter::End(number));
    }
}

fn listen(mut live: LiveCapture, slot: &Slot, gauge: &Gauge, stop: &AtomicBool) {
    let mut block = slot.buffer();
    while !stop.load(Ordering::Relaxed) {
        let heard = live.next_block(&mut block, PATIENCE);
        gauge.up.store(!matches!(heard, Ok(Live::Down) | Err(_)), Ordering::Relaxed);
        if let Ok(stats) = live.stats() {
            gauge.seen.store(stats.seen, Ordering::Relaxed);
            gauge.dropped.store(stats.dropped, Ordering::Relaxed);
        }
        gauge.trouble(heard.as_ref().err().map(ToString::to_string));
        match heard {
            Ok(Live::Packets) => {
                let full = std::mem::replace(&mut block, slot.buffer());
                if !slot.put(Letter::Packets(full)) {
                    return;
                }
            }
            Ok(Live::Nothing | Live::Down) => {}
            // It is tried again: an interface that fails now may be mended.
            Err(_) => std::thread::sleep(PATIENCE),
        }
    }
}

fn replay(
    mut file: CaptureFile,
    mut pace: Option<Pace>,
    slot: &Slot,
    gauge: &Gauge,
    stop: &AtomicBool,
) {
    let mut block = slot.buffer();
    while !stop.load(Ordering::Relaxed) {
        match file.next_block(&mut block) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                gauge.trouble(Some(error.to_string()));
                break;
            }
        }
        gauge.seen.fetch_add(block.packets.len() as u64, Ordering::Relaxed);
        if let Some(pace) = &mut pace {
            if !pace.put(&block, slot, stop) {
                return;
            }
            continue;
        }
        let full = std::mem::replace(&mut block, slot.buffer());
        if !slot.put(Letter::Packets(full)) {
            return;
        }
    }
    if let Some(trouble) = file.trouble() {
        gauge.trouble(Some(format!("at byte {}: {}", trouble.offset, trouble.what)));
    }
}
