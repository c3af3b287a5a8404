//! What comes before the main thread's work: sources opened, the warden armed, signals heard.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ostium_enforce::nft::Nft;
use ostium_enforce::{Enforcer, reset};
use ostium_event::Home;
use ostium_pipeline::Engine;
use ostium_sensor_api::Matter;
use ostium_verdict::Mode;

use crate::behaviour::Behaviour;
use crate::clock::{Clock, wall};
use crate::config::{Config, Resets};
use crate::hub::HubEnd;
use crate::inbox::{Letter, Slot};
use crate::keep::{Found, Keep};
use crate::news::News;
use crate::service::SensorError;
use crate::site;
use crate::source::{Gauge, Source};
use crate::voice::Voice;
use crate::warden::Warden;

/// Sources with their names, and whose time it is.
pub(crate) type Opened = (Vec<(String, Source)>, Clock);

pub(crate) fn open(
    config: &Config,
    replay: &[PathBuf],
    pace: Option<f64>,
) -> Result<Opened, SensorError> {
    let mut sources = Vec::new();
    for path in replay {
        let name = path.display().to_string();
        let source =
            Source::file(path, pace).map_err(|error| SensorError::Source(name.clone(), error))?;
        sources.push((name, source));
    }
    if !sources.is_empty() {
        return Ok((sources, Clock::Packets));
    }
    for name in &config.interfaces {
        let source = Source::interface(name, &config.capture)
            .map_err(|error| SensorError::Source(name.clone(), error))?;
        sources.push((name.clone(), source));
    }
    if sources.is_empty() {
        return Err(SensorError::Nothing);
    }
    Ok((sources, Clock::Wall))
}

/// Has a thread read each source until `stop` is set.
pub(crate) fn read_all(
    sources: Vec<(String, Source)>,
    gauges: &[Arc<Gauge>],
    slot: &Slot,
    stop: &Arc<AtomicBool>,
) {
    for (number, ((_, source), gauge)) in sources.into_iter().zip(gauges).enumerate() {
        let (slot, gauge, stop) = (slot.clone(), Arc::clone(gauge), Arc::clone(stop));
        std::thread::spawn(move || source.read(number, &slot, &gauge, &stop));
    }
}

/// Gives the warden what the mode asks for. The whole set is applied once, so that a kernel that
/// refuses is known before anybody relies on it.
pub(crate) fn arm(warden: &mut Warden, config: &Config) -> Result<(), SensorError> {
    if config.mode != Mode::Block {
        return Ok(());
    }
    if config.enforce.nftables && warden.enforcer.is_none() {
        let mut nft = Nft::new(site::tables(config))?;
        nft.apply(&warden.whole(), wall())?;
        warden.enforcer = Some(Box::new(nft));
    }
    if config.enforce.resets != Resets::Never && warden.resetter.is_none() {
        warden.resetter = Some(reset::Sender::open(config.enforce.resets_by.as_deref())?);
    }
    Ok(())
}

/// Opens the line to the hub that was joined, if there is one.
pub(crate) fn call_hub(
    warden: &mut Warden,
    config: &Config,
    home: &Home,
    slot: &Slot,
) -> Result<Option<HubEnd>, SensorError> {
    let hub = HubEnd::open(&config.state, &config.hub, home, slot)?;
    hub.iter().for_each(|hub| hub.learned().settle(config.hub.bound()));
    warden.learn(hub.as_ref().filter(|_| config.hub.block).map(HubEnd::learned));
    Ok(hub)
}

/// Blocks and releases of before the restart.
pub(crate) fn recall(warden: &mut Warden, keep: &Keep) -> Result<(), SensorError> {
    let found =
        keep.load().map_err(|error| SensorError::Place("the kept blocks".to_owned(), error))?;
    match found {
        Found::Nothing => {}
        Found::State(state) => warden.rails.state = *state,
        Found::Damaged(aside, why) => warden.news.tell(
            wall(),
            Matter::Sensor,
            None,
            format!(
                "the kept blocks cannot be read ({why}); they were set aside as {}, and the sensor \
                 starts without them",
                aside.display()
            ),
        ),
    }
    Ok(())
}

/// What was learned of hosts before the restart.
pub(crate) fn remember(
    config: &Config,
    engine: &mut Engine,
    news: &mut News,
) -> Result<Behaviour, SensorError> {
    let folder = config.state.join("behaviour");
    let behaviour = Behaviour::new(&folder, config.checkpoint, &config.home)
        .map_err(|error| SensorError::Place(folder.display().to_string(), error))?;
    for said in behaviour.recall(engine, config.memory.0, wall()) {
        news.tell(wall(), Matter::Sensor, None, said);
    }
    Ok(behaviour)
}

/// Who says on standard error what happens, when that is wanted.
pub(crate) fn voice(aloud: bool) -> Result<Option<Voice>, SensorError> {
    let failed = |error| SensorError::Place("standard error".to_owned(), error);
    aloud.then(|| Voice::to(std::io::stderr())).transpose().map_err(failed)
}

/// SIGHUP reads the configuration again; SIGINT and SIGTERM end, the second time at once.
pub(crate) fn hear_signals(slot: &Slot, stop: &Arc<AtomicBool>) -> Result<(), SensorError> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let failed = |error| SensorError::Place("signals".to_owned(), error);
    let mut signals =
        signal_hook::iterator::Signals::new([SIGHUP, SIGINT, SIGTERM]).map_err(failed)?;
    let (slot, stop) = (slot.clone(), Arc::clone(stop));
    std::thread::spawn(move || {
        for signal in signals.forever() {
            let letter = if signal == SIGHUP { Letter::Reload } else { Letter::Stop };
            if signal != SIGHUP && stop.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
            slot.put(letter);
        }
    });
    Ok(())
}
