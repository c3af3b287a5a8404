//! The line while a sensor runs: one thread that reports, follows, and comes back when it breaks.
//!
//! The sensor hands over reports and never waits; they are on the disk before they are sent, and
//! stay there until the hub has them. What the hub says is checked frame by frame and asked by
//! [`Learned`]. Without a hub all goes on with the last good set.

mod check;
mod follow;
mod report;
mod run;
mod state;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use ostium_feed::{Bound, Follower};
use ostium_hub_api as wire;
use prost::Message;
use tokio::sync::{mpsc, watch};

use crate::kept::Kept;
use crate::spool::Spool;
use crate::{Learned, MEMBERSHIP, Membership};

pub use state::LineState;

/// Where the spool and the last good set are, beside the membership.
const FOLDER: &str = "hub";
/// Reports that wait for the disk; more are counted and let go.
const WAITING: usize = 16_384;

/// How a line is kept.
pub struct Settings {
    /// The state folder of the sensor: the membership, the spool and the last good set are in it.
    pub folder: PathBuf,
    /// Reports kept while there is no hub; then the oldest go.
    pub most: u64,
    /// Milliseconds since 1970.
    pub clock: fn() -> u64,
    /// Who is told what happens; called from the line's thread.
    pub hear: Box<dyn Fn(Heard) + Send>,
}

/// What happens on the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The entries of these numbers came, changed or went.
    Changed(Vec<u64>),
    /// The set is another one.
    Whole,
    /// Something that an operator should read, in one line.
    Said(String),
}

/// Why there can be no line.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The membership cannot be read.
    #[error(transparent)]
    Membership(#[from] crate::KeepError),
    /// What is kept of it makes no sense.
    #[error("the kept membership is broken: {0}; join the hub again: ostium join LINE --again")]
    Broken(&'static str),
    /// The spool.
    #[error(transparent)]
    Spool(#[from] crate::SpoolError),
    /// A file, or the thread.
    #[error("{0}: {1}")]
    Place(PathBuf, #[source] std::io::Error),
}

/// The line to a hub.
pub struct Line {
    reports: mpsc::Sender<(Vec<u8>, bool)>,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    thread: Option<thread::JoinHandle<()>>,
}

/// What the thread shows.
pub(crate) struct Shared {
    pub(crate) learned: Arc<Learned>,
    state: Mutex<LineState>,
}

// === impl Line ===

impl Line {
    /// Opens the line of the membership in this folder; `None` when there is none.
    pub fn open(settings: Settings) -> Result<Option<Self>, LineError> {
        let Some(membership) = Membership::load(&settings.folder.join(MEMBERSHIP))? else {
            return Ok(None);
        };
        let place = |path: &Path, error| LineError::Place(path.to_owned(), error);
        let (feed, root) = check::feed_of(&membership)?;
        let mut follower = Follower::new(feed, root);
        let folder = settings.folder.join(FOLDER);
        // What was held once is held again, whatever was allowed then.
        follower.settle(Bound::NONE);
        let (kept, found) =
            Kept::open(&folder, &mut follower).map_err(|error| place(&folder, error))?;
        follower.settle(Bound::default());
        let (mut spool, aside) = Spool::open(&folder.join("spool.db"), settings.most)?;
        let of_another = spool.mean(&feed)?;
        if of_another > 0 {
            (settings.hear)(Heard::Said(format!(
                "{of_another} reports waited for another hub; this one does not get them"
            )));
        }
        if let Some(trouble) = found.trouble {
            (settings.hear)(Heard::Said(format!(
                "what was kept of the hub's feed is believed up to a place where {trouble}; the \
                 rest is asked for again"
            )));
        }
        if let Some(aside) = aside {
            let aside = aside.display();
            (settings.hear)(Heard::Said(format!(
                "the spool of reports was damaged and is set aside as {aside}; its reports are lost"
            )));
        }
        let state = LineState {
            hub: membership.hub.clone(),
            organisation: membership.organisation.clone(),
            sensor: membership.sensor.clone(),
            waiting: spool.waiting(),
            lost: spool.lost(),
            ..LineState::default()
        };
        let learned = Arc::new(Learned::new(&membership.sensor, follower));
        let shared = Arc::new(Shared { learned, state: Mutex::new(state) });
        let (reports, taken) = mpsc::channel(WAITING);
        let (stop, stopped) = watch::channel(false);
        let runner = run::Runner::new(settings, membership, Arc::clone(&shared), kept, spool);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let failed = |error| place(Path::new("the thread of the hub"), error);
        let runtime = runtime.map_err(failed)?;
        let named = thread::Builder::new().name("uplink".to_owned());
        let thread = named.spawn(move || runner.run(&runtime, taken, stopped)).map_err(failed)?;
        Ok(Some(Self { reports, shared, stop, thread: Some(thread) }))
    }

    /// Hands over a report; `urgent` ones are sent at once. Never waits: without room it is counted
    /// and let go.
    pub fn report(&self, report: &wire::Report, urgent: bool) {
        if self.reports.try_send((report.encode_to_vec(), urgent)).is_err() {
            self.shared.state().dropped += 1;
        }
    }

    /// What the hub says.
    pub fn learned(&self) -> Arc<Learned> {
        Arc::clone(&self.shared.learned)
    }

    /// How the line is.
    pub fn state(&self) -> LineState {
        let state = self.shared.state().clone();
        let learned = &self.shared.learned;
        LineState {
            entries: learned.len() as u64,
            epoch: learned.at().epoch,
            seq: learned.at().seq,
            fresh_until_ms: learned.fresh_until_ms(),
            ..state
        }
    }
}

impl Drop for Line {
    /// What was handed over is on the disk when this returns.
    fn drop(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

// === impl Shared ===

impl Shared {
    /// Counts that are a little wrong after a panic are better than none.
    pub(crate) fn state(&self) -> MutexGuard<'_, LineState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
