//! The sensor's end of the line to a hub: what it tells, and what it hears.
//!
//! Without a membership (`ostium join`) all of this is absent, and the sensor needs nobody.

mod alike;
mod apart;
mod ear;
mod pseudonym;
mod shape;
mod tell;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;

use ostium_event::{Addr, Home, Timestamp};
use ostium_evidence::Tells;
use ostium_intel::{IndicatorValue, Throttle};
use ostium_pipeline::Crowd as Site;
use ostium_report::Judged;
use ostium_sensor_api::{ApartRow, HubRow};
use ostium_uplink::{Heard, Learned, Line, LineError, MEMBERSHIP, Membership, Settings};

use self::ear::Ear;
use self::pseudonym::Pseudonyms;
use self::tell::Teller;
use crate::clock::wall;
use crate::config::HubConfig;
use crate::inbox::{Letter, Slot};
use crate::service::SensorError;
use crate::warden::Alike;

/// The line, and who knows what to say.
pub(crate) struct HubEnd {
    line: Line,
    teller: Teller,
    /// Which hub, as which organisation, and its feed.
    joined: (String, String, Vec<u8>),
    ear: Arc<Ear>,
}

// === impl HubEnd ===

impl HubEnd {
    /// Opens the line of the membership in the state folder; `None` when no hub was joined.
    pub(crate) fn open(
        state: &Path,
        config: &HubConfig,
        home: &Home,
        slot: &Slot,
    ) -> Result<Option<Self>, SensorError> {
        let ear = Arc::new(Ear::default());
        let (slot, into) = (slot.clone(), Arc::clone(&ear));
        let settings = Settings {
            folder: state.to_owned(),
            most: config.spool,
            clock: || wall().nanos() / 1_000_000,
            // The first that waits wakes the main thread; it takes all that wait by then.
            hear: Box::new(move |heard| {
                if into.add(heard) {
                    slot.nudge(Letter::Hub);
                }
            }),
        };
        let membership = Membership::load(&state.join(MEMBERSHIP)).map_err(LineError::from)?;
        let (Some(line), Some(joined)) = (Line::open(settings)?, membership) else {
            return Ok(None);
        };
        let joined = (joined.hub, joined.organisation, joined.feed);
        let path = state.join("hub/pseudonym.key");
        let pseudonyms = Pseudonyms::open(&path)
            .map_err(|error| SensorError::Place(path.display().to_string(), error))?;
        Ok(Some(Self {
            line,
            teller: Teller::new(config.clone(), home.clone(), pseudonyms),
            joined,
            ear,
        }))
    }

    /// Is this the line of the membership that is there now?
    pub(crate) fn is_of(state: &Path, end: Option<&Self>) -> bool {
        let now = Membership::load(&state.join(MEMBERSHIP)).ok().flatten();
        let of = |m: &Membership| (m.hub.clone(), m.organisation.clone(), m.feed.clone());
        now.as_ref().map(of) == end.map(|end| end.joined.clone())
    }

    /// What the hub says.
    pub(crate) fn learned(&self) -> Arc<Learned> {
        self.line.learned()
    }

    /// What happened on the line since this was asked last.
    pub(crate) fn heard(&self) -> VecDeque<Heard> {
        self.ear.take()
    }

    /// Another configuration.
    pub(crate) fn settle(&mut self, config: &HubConfig) {
        self.teller.settle(config.clone());
    }

    /// So many inside hosts are active.
    pub(crate) fn active(&mut self, hosts: u64) {
        self.teller.active(hosts);
    }

    /// A host was judged, and is not clean; what the hub is told of, in a line each.
    pub(crate) fn judged(&mut self, judged: &Judged, now: Timestamp) -> Vec<String> {
        let mut said = Vec::new();
        for told in self.teller.judged(judged, now) {
            self.line.report(&told.report, told.urgent);
            said.extend(told.news);
        }
        said
    }

    /// A host met what the hub has published.
    pub(crate) fn met(&mut self, value: &IndicatorValue, host: Addr, now: Timestamp) {
        if let Some(report) = self.teller.met(value, host, now) {
            self.line.report(&report, false);
        }
    }

    /// A conversation went as a pattern says, or an operator calls one that did harmless.
    pub(crate) fn alike(&mut self, met: &Alike, now: Timestamp) {
        let urgent = met.host.is_none();
        if let Some(report) = self.teller.alike(met, now) {
            self.line.report(&report, urgent);
        }
    }

    /// What of hosts has no controller; what the hub is told of, in a line each.
    pub(crate) fn tells(
        &mut self,
        all: &[(Addr, Tells)],
        crowd: &Site,
        now: Timestamp,
    ) -> Vec<String> {
        let throttled = self.line.learned().throttles(wall().secs());
        let victims: Vec<&Throttle> = throttled.iter().map(|known| &known.hit.value).collect();
        let mut said = Vec::new();
        for told in self.teller.apart(all, crowd, &victims, now) {
            self.line.report(&told.report, told.urgent);
            said.extend(told.news);
        }
        said
    }

    /// An operator of the site says that what the hub has published is harmless.
    pub(crate) fn pardoned(&mut self, value: &IndicatorValue, now: Timestamp) {
        self.line.report(&self.teller.pardoned(value, now), true);
    }

    /// How the line is.
    pub(crate) fn row(&self, now_ms: u64) -> HubRow {
        let state = self.line.state();
        let [patterns, throttles, generators] = self.line.learned().apart().map(|n| n as u64);
        let apart = ApartRow { patterns, throttles, generators };
        HubRow {
            hub: state.hub,
            organisation: state.organisation,
            sensor: state.sensor,
            open: state.open,
            trouble: state.trouble,
            entries: state.entries,
            apart,
            epoch: state.epoch,
            seq: state.seq,
            fresh: state.fresh_until_ms >= now_ms,
            fresh_until: state.fresh_until_ms / 1_000,
            durable: state.durable,
            waiting: state.waiting,
            lost: state.lost + state.dropped,
            refused: state.refused,
            why: state.why,
            refusals: state.refusals.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect(),
        }
    }
}
