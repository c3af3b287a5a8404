//! Another configuration while the sensor runs.

use std::sync::Arc;

use ostium_enforce::rails::Policy;
use ostium_pipeline::Settings;
use ostium_sensor_api::Matter;

use super::Sensor;
use crate::config::{Config, Enforce};
use crate::site;
use crate::start::arm;

/// Would the kernel be used in the same way?
fn same_tables(one: &Config, other: &Config) -> bool {
    let of = |config: &Config| {
        let Enforce { refusal, bridge, nftables, elements, resets_by, .. } = config.enforce.clone();
        (refusal, bridge, nftables, elements, resets_by)
    };
    of(one) == of(other)
}

// === impl Sensor: reload ===

impl Sensor {
    /// Takes a new configuration, or keeps the old one and says why.
    pub(super) fn reload(&mut self) -> Result<String, String> {
        let now = self.now();
        let done = self.take_configuration();
        let said = match &done {
            Ok(said) => said.clone(),
            Err(why) => format!("the old configuration stays: {why}"),
        };
        self.warden.news.tell(now, Matter::Sensor, None, said.clone());
        done.map_err(|_| said)
    }

    fn take_configuration(&mut self) -> Result<String, String> {
        let config = (self.reload)().map_err(|error| error.to_string())?;
        let settings = site::settings(&config).map_err(|error| error.to_string())?;
        let settings = Arc::new(Settings { home: self.settings.home.clone(), ..settings });
        // What could fail comes before anything is changed.
        self.check_hub(&config)?;
        arm(&mut self.warden, &config).map_err(|error| error.to_string())?;
        self.settle_hub(&config)?;
        let old = &self.config;
        let mut later = Vec::new();
        for (name, same) in [
            ("interfaces", old.interfaces == config.interfaces),
            ("home", old.home == config.home),
            ("memory", old.memory == config.memory),
            ("threads", old.threads == config.threads),
            ("state", old.state == config.state),
            ("socket", old.socket == config.socket),
            ("metrics", old.metrics == config.metrics),
            ("capture", old.capture == config.capture),
            ("garden", old.garden == config.garden),
            ("rpz", old.rpz == config.rpz),
            ("refusal, bridge, nftables, elements, resets-by", same_tables(old, &config)),
        ] {
            later.extend((!same).then_some(name));
        }
        // What is inside is the same for the engine and the rails.
        let home = self.settings.home.clone();
        let policy = Policy { home, ..site::rails(&config) };
        self.warden.settle(policy, site::ways(&config));
        self.engine.settle(Arc::clone(&settings));
        self.watch.settle(Arc::clone(&settings), config.indicators.block_from);
        self.warden.preload(&settings.intel, config.indicators.block_from, self.now());
        self.settings = settings;
        self.behaviour.iter_mut().for_each(|behaviour| behaviour.settle(config.checkpoint));
        self.config = config;
        let mut said = "the new configuration is in force".to_owned();
        if !later.is_empty() {
            said.push_str(&format!("; at the next start: {}", later.join(", ")));
        }
        Ok(said)
    }
}
