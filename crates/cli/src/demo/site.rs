//! One of the three sites: a made-up office, and a sensor that hears it in quick motion.

use std::path::{Path, PathBuf};
use std::thread;

use ostium_event::Span;
use ostium_hub::wall;
use ostium_report::clock as written;
use ostium_sensor::config::Config;
use ostium_sensor::{Options, run};
use ostium_sensor_api::NewsRow;
use ostium_synth::{Scenario, Wishes};
use ostium_verdict::Mode;

use crate::fail::Fail;

/// Half an hour passes in a quarter of a minute.
pub(super) const PACE: f64 = 120.0;

/// A site of the story.
pub(super) struct Site {
    pub(super) name: &'static str,
    /// Its AS number, of those kept for documents (RFC 5398).
    pub(super) network: u32,
    home: &'static str,
    /// When its infected machine calls its controller first.
    after: &'static str,
}

/// The three: two that suffer first, and one that has never seen it.
pub(super) const SITES: [Site; 3] = [
    Site { name: "Alder", network: 64_496, home: "10.1.0.0/24", after: "3m" },
    Site { name: "Birch", network: 64_497, home: "10.2.0.0/24", after: "6m" },
    Site { name: "Cedar", network: 64_498, home: "10.3.0.0/24", after: "20m" },
];

const OFFICE: &str = include_str!("office.toml");

// === impl Site ===

impl Site {
    pub(super) fn state(&self, folder: &Path) -> PathBuf {
        folder.join(self.name)
    }

    /// Makes the site's half hour, which ends now; where it lies.
    pub(super) fn record(&self, folder: &Path, seed: u64) -> Result<PathBuf, Fail> {
        let failed = |why: &dyn std::fmt::Display| {
            Fail::new(format!("cannot make the world of {}: {why}", self.name))
        };
        let start = written(wall().minus(Span::from_secs(1_800)));
        let text =
            OFFICE.replace("START", &start).replace("HOME", self.home).replace("AFTER", self.after);
        let scenario = Scenario::parse("office.toml", &text).map_err(|error| failed(&error))?;
        let wishes = Wishes { seed: Some(seed + u64::from(self.network)), ..Wishes::default() };
        let world = scenario.world(&wishes).map_err(|error| failed(&error))?;
        let path = folder.join(format!("{}.pcap", self.name));
        let file = std::fs::File::create(&path).map_err(|error| failed(&error))?;
        world.write_pcap(std::io::BufWriter::new(file)).map_err(|error| failed(&error))?;
        Ok(path)
    }

    /// Runs the site's sensor over what was recorded, to its end. `told` hears its news.
    pub(super) fn watch(
        &self,
        folder: &Path,
        capture: PathBuf,
        told: impl Fn(&NewsRow) + Send + 'static,
    ) -> thread::JoinHandle<Result<(), String>> {
        let state = self.state(folder);
        let config = Config {
            home: self.home.parse().into_iter().collect(),
            site: self.name.to_owned(),
            // Nothing of this machine is touched, and no privilege is needed.
            mode: Mode::Simulate,
            socket: state.join("sensor.sock"),
            state,
            checkpoint: Span::from_secs(0),
            look_every: Span::from_secs(10),
            ..Config::default()
        };
        let same = config.clone();
        let options = Options {
            config,
            reload: Box::new(move || Ok(same.clone())),
            replay: vec![capture],
            pace: Some(PACE),
            hub: true,
            aloud: false,
            told: Some(Box::new(told)),
        };
        thread::spawn(move || run(options).map(drop).map_err(|error| error.to_string()))
    }
}
