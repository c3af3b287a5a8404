//! When things are due, also after the machine's clock was set.

use ostium_event::{Span, Timestamp};
use ostium_sensor_api::Matter;

use super::{SECOND, Sensor};
use crate::clock::Clock;

/// When what is done now and then is due, in event time; the status by the machine's clock.
pub(super) struct Due {
    pub(super) part: u32,
    pub(super) look: Timestamp,
    pub(super) gather: Timestamp,
    pub(super) preload: Timestamp,
    pub(super) second: Timestamp,
    pub(super) status: Timestamp,
    pub(super) count: Timestamp,
    pub(super) stepped: Timestamp,
}

/// Known destinations are put into the kernel anew long before their time there is over.
pub(super) const PRELOAD: Span = Span::from_secs(3600);

// === impl Due ===

impl Due {
    /// All is due at once, but for what was just done.
    pub(super) const fn from(begun: Timestamp) -> Self {
        Self {
            part: 0,
            look: Timestamp::ZERO,
            gather: Timestamp::ZERO,
            preload: begun.plus(PRELOAD),
            second: Timestamp::ZERO,
            status: Timestamp::ZERO,
            count: Timestamp::ZERO,
            stepped: begun,
        }
    }
}

// === impl Sensor: the clock ===

impl Sensor {
    /// A clock that was set back must not keep anything waiting until it is as late again.
    pub(super) fn mind_the_clock(&mut self, clock: Timestamp) {
        let back = self.due.stepped.since(clock);
        if self.clock != Clock::Wall || back <= SECOND {
            return;
        }
        self.due = Due::from(clock);
        self.engine.set_back(clock);
        if let Some(behaviour) = &mut self.behaviour {
            behaviour.settle(self.config.checkpoint);
        }
        let said = format!(
            "the clock was set back by {} s; all goes by it as it is now, and blocks hold so much \
             longer",
            back.secs()
        );
        self.warden.news.tell(clock, Matter::Sensor, None, said);
    }
}
