//! What the main thread does for the line to a hub.

use ostium_event::Timestamp;
use ostium_pipeline::Crowd;
use ostium_sensor_api::Matter;
use ostium_uplink::{Heard, Line};

use super::Sensor;
use crate::config::Config;
use crate::hub::HubEnd;

// === impl Sensor: the hub ===

impl Sensor {
    /// Hears what the hub said.
    pub(super) fn hear_hub(&mut self) {
        let now = self.now();
        let all = self.hub.as_ref().map(HubEnd::heard).unwrap_or_default();
        for heard in all {
            match heard {
                Heard::Changed(ids) => self.warden.hub_changed(&ids, now),
                Heard::Whole => {
                    self.warden.hub_is_new(now);
                    let block_from = self.config.indicators.block_from;
                    self.warden.preload(&self.settings.intel, block_from, now);
                }
                Heard::Said(said) => self.warden.news.tell(now, Matter::Sensor, None, said),
            }
        }
    }

    /// Tells the hub what the warden has met, and what operators called harmless.
    pub(super) fn tell_hub(&mut self, now: Timestamp) {
        self.hear_hub();
        let told = self.warden.for_hub();
        let Some(hub) = &mut self.hub else { return };
        for (value, host) in &told.met {
            hub.met(value, *host, now);
        }
        for value in &told.pardoned {
            hub.pardoned(value, now);
        }
        for alike in &told.alike {
            hub.alike(alike, now);
        }
    }

    /// Tells the hub what has no controller: names asked for in vain, and what leaves for victims.
    pub(super) fn tell_apart(&mut self, crowd: &Crowd, now: Timestamp) {
        let Some(hub) = &mut self.hub else { return };
        hub.active(crowd.hosts);
        for said in hub.tells(&self.engine.tells(), crowd, now) {
            self.warden.news.tell(now, Matter::Told, None, said);
        }
    }

    /// Could the hub be followed that was joined since? If not, the line that is open stays.
    pub(super) fn check_hub(&self, config: &Config) -> Result<(), String> {
        if !self.calls_hub || HubEnd::is_of(&config.state, self.hub.as_ref()) {
            return Ok(());
        }
        Line::check(&config.state).map_err(|error| error.to_string())
    }

    /// Follows the configuration, and a hub that was joined, or joined anew, since.
    pub(super) fn settle_hub(&mut self, config: &Config) -> Result<(), String> {
        if !self.calls_hub {
            return Ok(());
        }
        let joined = HubEnd::is_of(&config.state, self.hub.as_ref());
        if !joined {
            // The old line is closed first: both would write the same files. That the new one can
            // be opened was looked at before.
            self.hub = None;
            let opened = HubEnd::open(&config.state, &config.hub, &self.settings.home, &self.slot);
            self.hub = opened.map_err(|error| error.to_string())?;
        }
        if let Some(hub) = &mut self.hub {
            hub.settle(&config.hub);
            hub.learned().settle(config.hub.bound());
        }
        let learned = self.hub.as_ref().filter(|_| config.hub.block).map(HubEnd::learned);
        self.warden.learn(learned);
        // What rested on a hub that nobody follows any more is free.
        self.warden.hub_is_new(self.now());
        Ok(())
    }
}
