//! The thread of the line: reports into the spool, and a session with the hub whenever there can
//! be one.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ring::rand::{SecureRandom, SystemRandom};
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout_at};

use super::{Heard, Settings, Shared};
use crate::kept::Kept;
use crate::spool::Spool;
use crate::{MEMBERSHIP, Membership, UplinkError};

/// A report waits for others for so long at most.
const GATHER: Duration = Duration::from_millis(50);
/// Reports that are written at once, and sent in one batch.
pub(super) const MOST: usize = 1_000;
/// The first and the last bound of the wait before the line is opened again.
const SOON: Duration = Duration::from_secs(1);
const LATE: Duration = Duration::from_secs(60);
/// A session as long as this was a good one.
const GOOD: Duration = Duration::from_secs(60);
/// The certificate is looked at so often.
const LOOK: Duration = Duration::from_secs(3_600);

/// What the thread works with.
pub(super) struct Runner {
    pub(super) hear: Box<dyn Fn(Heard) + Send>,
    pub(super) clock: fn() -> u64,
    folder: PathBuf,
    membership: RefCell<Membership>,
    pub(super) shared: Arc<Shared>,
    pub(super) kept: RefCell<Kept>,
    pub(super) spool: RefCell<Spool>,
    /// Somebody waits for what is in the spool and was not sent.
    pub(super) urgent: Cell<bool>,
    /// When a whole set was asked for last, though the feed could have gone on.
    pub(super) asked_anew: Cell<Option<Instant>>,
    pub(super) anew: Cell<bool>,
}

// === impl Runner ===

impl Runner {
    pub(super) fn new(
        settings: Settings,
        membership: Membership,
        shared: Arc<Shared>,
        kept: Kept,
        spool: Spool,
    ) -> Self {
        Self {
            hear: settings.hear,
            clock: settings.clock,
            folder: settings.folder,
            membership: RefCell::new(membership),
            shared,
            kept: RefCell::new(kept),
            spool: RefCell::new(spool),
            urgent: Cell::new(false),
            asked_anew: Cell::new(None),
            anew: Cell::new(false),
        }
    }

    pub(super) fn run(
        self,
        runtime: &Runtime,
        mut taken: mpsc::Receiver<(Vec<u8>, bool)>,
        mut stopped: watch::Receiver<bool>,
    ) {
        runtime.block_on(async {
            let (wake, woken) = watch::channel(());
            tokio::select! {
                // The sender is dropped with the line: that is an end too.
                _ = stopped.wait_for(|stop| *stop) => {}
                () = self.take_in(&mut taken, &wake) => {}
                () = self.hold(woken) => {}
                () = self.sync() => {}
            }
            // What was handed over is kept, though nobody sends it now.
            let mut rest = Vec::new();
            while let Ok((body, _)) = taken.try_recv() {
                rest.push(body);
            }
            self.spool_all(&mut rest);
        });
        // Without it a little is asked for again.
        self.kept.borrow_mut().sync().ok();
    }

    /// Reports go into the spool; who sends them is woken.
    async fn take_in(&self, taken: &mut mpsc::Receiver<(Vec<u8>, bool)>, wake: &watch::Sender<()>) {
        while let Some((body, mut urgent)) = taken.recv().await {
            let mut some = vec![body];
            let until = Instant::now() + GATHER;
            while some.len() < MOST {
                let next = match taken.try_recv() {
                    Ok(next) => next,
                    Err(_) if urgent => break,
                    Err(_) => match timeout_at(until, taken.recv()).await {
                        Ok(Some(next)) => next,
                        Ok(None) | Err(_) => break,
                    },
                };
                some.push(next.0);
                urgent |= next.1;
            }
            self.spool_all(&mut some);
            self.urgent.set(self.urgent.get() || urgent);
            wake.send_replace(());
        }
    }

    fn spool_all(&self, bodies: &mut Vec<Vec<u8>>) {
        if bodies.is_empty() {
            return;
        }
        let mut spool = self.spool.borrow_mut();
        let failed = spool.push(bodies).err().map(|error| error.to_string());
        let mut state = self.shared.state();
        (state.waiting, state.lost) = (spool.waiting(), spool.lost());
        if let Some(why) = failed {
            state.dropped += bodies.len() as u64;
            state.trouble = Some(why);
        }
        bodies.clear();
    }

    /// One session after the other, for ever.
    async fn hold(&self, woken: watch::Receiver<()>) {
        let mut bound = SOON;
        loop {
            let begun = Instant::now();
            let ended = self.session(woken.clone()).await;
            let trouble = match ended {
                // The certificate is a new one.
                Ok(()) => continue,
                Err(trouble) => trouble.to_string(),
            };
            let was_open = {
                let mut state = self.shared.state();
                state.trouble = Some(trouble.clone());
                std::mem::take(&mut state.open)
            };
            if was_open {
                let said = format!(
                    "the line to the hub broke: {trouble}; what is known stays in force, and \
                     reports wait"
                );
                (self.hear)(Heard::Said(said));
            }
            if begun.elapsed() >= GOOD {
                bound = SOON;
            }
            sleep(by_chance(bound)).await;
            bound = (bound * 2).min(LATE);
        }
    }

    /// Until the line breaks, or `Ok` when it is to be opened again with another certificate.
    async fn session(&self, woken: watch::Receiver<()>) -> Result<(), UplinkError> {
        self.renew().await?;
        let membership = self.membership.borrow().clone();
        let hub = membership.connect().await?;
        {
            let mut state = self.shared.state();
            (state.open, state.trouble) = (true, None);
            state.opened += 1;
        }
        let said = format!("the line to the hub {} is open", membership.hub);
        (self.hear)(Heard::Said(said));
        let renewal = async {
            loop {
                sleep(LOOK).await;
                match self.renew().await {
                    Ok(false) => {}
                    Ok(true) => return Ok(()),
                    Err(error) => return Err(error),
                }
            }
        };
        tokio::select! {
            ended = self.reports(hub.clone(), woken) => ended,
            ended = self.follow(hub) => ended,
            ended = renewal => ended,
        }
    }

    /// Renews the certificate when two thirds of its life are over; was it?
    async fn renew(&self) -> Result<bool, UplinkError> {
        let old = self.membership.borrow().clone();
        if !old.is_due((self.clock)() / 1_000) {
            return Ok(false);
        }
        let new = old.renewed().await?;
        // Kept first: a key that a stop loses would cost the membership.
        if let Err(error) = new.save(&self.folder.join(MEMBERSHIP)) {
            let said = format!("the new certificate of the hub cannot be kept: {error}");
            (self.hear)(Heard::Said(said));
        }
        self.membership.replace(new);
        Ok(true)
    }

    /// What was learned goes to the disk now and then.
    async fn sync(&self) {
        loop {
            sleep(Duration::from_secs(1)).await;
            let failed = self.kept.borrow_mut().sync().err();
            if let Some(error) = failed {
                self.shared.state().trouble =
                    Some(format!("what the hub says cannot be kept over a restart: {error}"));
            }
        }
    }
}

/// Between nothing and `bound`, so that ten thousand sensors do not come at once.
fn by_chance(bound: Duration) -> Duration {
    let mut bytes = [0; 4];
    // Without chance all wait for the whole of it.
    let share = match SystemRandom::new().fill(&mut bytes) {
        Ok(()) => f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX),
        Err(_) => 1.0,
    };
    bound.mul_f64(share)
}
