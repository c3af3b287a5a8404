//! The main thread: packets in, hosts looked at, blocks decided, questions answered. What comes
//! before is in `start.rs`.

mod due;
mod hub;
mod reload;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use ostium_capture::CaptureError;
use ostium_enforce::nft::Nft;
use ostium_enforce::rails::Rails;
use ostium_enforce::{EnforceError, Enforcer};
use ostium_event::{Span, Timestamp};
use ostium_intel::Lore;
use ostium_pipeline::{Alarm, Cause, Engine, Settings, Watcher};
use ostium_report::Document;
use ostium_sensor_api::{Answer, Ask, Matter};
use ostium_verdict::Mode;

use self::due::{Due, PRELOAD};
use crate::behaviour::Behaviour;
use crate::clock::{Clock, wall};
use crate::config::{Config, ConfigError};
use crate::hub::HubEnd;
use crate::inbox::{Inbox, Letter, Slot, inbox};
use crate::keep::Keep;
use crate::load::Load;
use crate::news::Listener;
use crate::source::Gauge;
use crate::start::{arm, call_hub, hear_signals, open, read_all, recall, remember, voice};
use crate::status::{Board, Desk, Facts};
use crate::warden::Warden;
use crate::watch::Watch;
use crate::zone::NameZone;
use crate::{control, metrics, site};

/// What a sensor is started with.
pub struct Options {
    /// The configuration.
    pub config: Config,
    /// How it is read again.
    pub reload: Box<dyn Fn() -> Result<Config, ConfigError> + Send>,
    /// Captures to replay instead of interfaces; time is theirs then, and the sensor ends with them.
    pub replay: Vec<PathBuf>,
    /// Replay so many times as fast as it was; as fast as possible when it is not set.
    pub pace: Option<f64>,
    /// Use the hub that was joined. A replay should not, unless it tells of now: other sites would
    /// be told of what is long over.
    pub hub: bool,
    /// Say what happens on standard error.
    pub aloud: bool,
    /// Who hears the news besides, as they happen; called by the main thread.
    pub told: Option<Listener>,
}

/// Why a sensor cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SensorError {
    /// Nothing to hear.
    #[error("no interface to hear; name one: ostium sensor --interface eth0")]
    Nothing,
    /// An interface or capture cannot be read.
    #[error("cannot hear {0}: {1}")]
    Source(String, #[source] CaptureError),
    /// Indicators cannot be read.
    #[error("cannot use the indicators of {0}: {1}")]
    Indicators(PathBuf, String),
    /// Something cannot be enforced.
    #[error(transparent)]
    Enforce(#[from] EnforceError),
    /// The line to a hub cannot be opened.
    #[error(transparent)]
    Hub(#[from] ostium_uplink::LineError),
    /// Names cannot be given to resolvers.
    #[error(transparent)]
    Zone(#[from] ostium_rpz::RpzError),
    /// A folder, socket or address cannot be used.
    #[error("cannot use {0}: {1}")]
    Place(String, #[source] std::io::Error),
}

/// How a sensor ended.
pub struct Ended {
    /// The report on all that it heard.
    pub document: Document,
}

/// Parts that hosts are looked at in.
const PARTS: u32 = 16;
/// What needs all hosts is put together this often.
const GATHER: Span = Span::from_secs(15);
const SECOND: Span = Span::from_secs(1);
/// The longest wait for a letter.
const PATIENCE: Duration = Duration::from_millis(50);
/// The same when other threads analyse, whose alarms come when they come.
const SHORT_PATIENCE: Duration = Duration::from_millis(5);
/// What is done now and then takes at most this share of the time: one part in twenty.
const SHARE: u64 = 20;
/// Hosts judged at once, of the alarms that are heard together: the others are judged when their
/// turn comes.
const AT_ONCE: u32 = 8;
/// Alarms that may wait: more than one block of packets can hold.
const ALARMS: usize = 16_384;
/// Counters of the kernel are read this often.
const COUNT: Span = Span::from_secs(10);

/// Everything that the main thread works with.
struct Sensor {
    config: Config,
    reload: Box<dyn Fn() -> Result<Config, ConfigError> + Send>,
    settings: Arc<Settings>,
    clock: Clock,
    engine: Engine,
    alarms: mpsc::Receiver<Alarm>,
    warden: Warden,
    watch: Arc<Watch>,
    desk: Desk,
    keep: Keep,
    /// Why the blocks could not be kept the last time.
    unkept: Option<String>,
    /// What was learned of hosts, over a restart.
    behaviour: Option<Behaviour>,
    load: Load,
    /// The line to a hub, if one was joined.
    hub: Option<HubEnd>,
    /// A hub may be joined while it runs.
    calls_hub: bool,
    slot: Slot,
    names: Vec<String>,
    open: usize,
    due: Due,
}

/// Runs a sensor until it is told to end, or its captures do.
///
/// # Errors
/// When it cannot start: the error says what to do.
pub fn run(options: Options) -> Result<Ended, SensorError> {
    let Options { mut config, reload, replay, pace, hub, aloud, told } = options;
    if !replay.is_empty() && config.mode == Mode::Block {
        // A capture of another day is no reason to cut off anybody now.
        config.mode = Mode::Simulate;
    }
    let (slot, inbox) = inbox();
    let (sources, clock) = open(&config, &replay, pace)?;
    let settings = Arc::new(site::settings(&config)?);
    // Two that share a kernel's table would undo each other's blocks.
    control::is_free(&config.socket)
        .map_err(|error| SensorError::Place(config.socket.display().to_string(), error))?;
    let keep = Keep::new(&config.state)
        .map_err(|error| SensorError::Place(config.state.display().to_string(), error))?;
    let watch = Arc::new(Watch::new(Arc::clone(&settings), config.indicators.block_from));
    let mut warden =
        Warden::new(Rails::new(site::rails(&config)), site::ways(&config), Arc::clone(&watch));
    (warden.news.voice, warden.news.told_to) = (voice(aloud)?, told);
    // First what was blocked before: the kernel is not to let it through for a moment.
    recall(&mut warden, &keep)?;
    // A capture of another day is no reason to refuse names now.
    if clock == Clock::Wall {
        warden.zone = NameZone::start(&config.rpz, warden.names(wall()))?;
    }
    let calls_hub = hub;
    let hub = if calls_hub { call_hub(&mut warden, &config, &settings.home, &slot)? } else { None };
    warden.preload(&settings.intel, config.indicators.block_from, clock.now(wall()));
    arm(&mut warden, &config)?;

    let board = Arc::new(Board::default());
    let (sender, alarms) = mpsc::sync_channel(ALARMS);
    let watcher: Arc<dyn Watcher> = Arc::clone(&watch) as Arc<dyn Watcher>;
    let mut engine = Engine::new(Arc::clone(&settings));
    engine.watch(&watcher, &sender);
    engine.heed(&(Arc::clone(&watch) as Arc<dyn Lore>));
    let behaviour = match clock {
        Clock::Wall => Some(remember(&config, &mut engine, &mut warden.news)?),
        // What a capture tells is not what the site learns.
        Clock::Packets => None,
    };
    let names: Vec<String> = sources.iter().map(|(name, _)| name.clone()).collect();
    let gauges: Vec<Arc<Gauge>> = names.iter().map(|name| Gauge::named(name)).collect();
    let open = sources.len();
    let begun = wall();
    let due = Due::from(begun);
    let desk = Desk::new(Arc::clone(&board), gauges.clone(), begun, PARTS);
    let mut sensor = Sensor {
        config,
        reload,
        settings,
        clock,
        engine,
        alarms,
        warden,
        watch,
        desk,
        keep,
        unkept: None,
        behaviour,
        load: Load::default(),
        hub,
        calls_hub,
        slot: slot.clone(),
        names,
        open,
        due,
    };
    // Whoever asks is told how things are, from the first moment on.
    sensor.publish(wall());
    sensor.answer_all(&board)?;
    let stop = Arc::new(AtomicBool::new(false));
    hear_signals(&slot, &stop)?;
    read_all(sources, &gauges, &slot, &stop);
    // Without systemd there is nobody to tell.
    sd_notify::notify(false, &[sd_notify::NotifyState::Ready]).ok();
    sensor.work(&inbox);
    stop.store(true, Ordering::Relaxed);
    Ok(sensor.end())
}

/// Takes away what a sensor has put into the kernel.
///
/// # Errors
/// Without the right, or when the table is not ours.
pub fn teardown(config: &Config) -> Result<(), SensorError> {
    Nft::new(site::tables(config))?.teardown()?;
    Ok(())
}

/// How long to rest after something that began then, so that it takes its share of time only.
fn rest(begun: Timestamp) -> Span {
    Span::from_nanos(wall().since(begun).nanos().saturating_mul(SHARE))
}

// === impl Sensor ===

impl Sensor {
    /// Begins to answer whoever asks.
    fn answer_all(&self, board: &Arc<Board>) -> Result<(), SensorError> {
        let Config { socket, metrics, .. } = &self.config;
        control::listen(socket, Arc::clone(board), self.slot.clone())
            .map_err(|error| SensorError::Place(socket.display().to_string(), error))?;
        if let Some(address) = metrics {
            metrics::listen(*address, Arc::clone(board))
                .map_err(|error| SensorError::Place(address.to_string(), error))?;
        }
        Ok(())
    }

    fn work(&mut self, inbox: &Inbox) {
        self.bar();
        let patience = if self.config.threads > 1 { SHORT_PATIENCE } else { PATIENCE };
        while self.open > 0 {
            match inbox.take(patience) {
                Ok(Some(letter)) => {
                    if self.letter(letter, inbox).is_none() {
                        return;
                    }
                }
                Ok(None) => self.hear_alarms(),
                Err(()) => return,
            }
            self.now_and_then(inbox.fullness());
        }
    }

    /// Does what a letter says; `None` when it says to end.
    fn letter(&mut self, letter: Letter, inbox: &Inbox) -> Option<()> {
        match letter {
            Letter::Packets(block) => {
                self.engine.take(block);
                self.hear_alarms();
                inbox.give_back(self.engine.buffer());
            }
            Letter::End(number) => {
                self.open -= 1;
                let name = self.names.get(number).map_or("a source", String::as_str);
                let said = format!("{name} is at its end");
                self.warden.news.tell(self.now(), Matter::Sensor, None, said);
            }
            Letter::Ask(ask, answer) => {
                let said = self.answer(ask);
                // Whoever asked may have gone.
                answer.try_send(said).ok();
            }
            Letter::Hub => self.hear_hub(),
            Letter::Reload => {
                // What came of it is news.
                self.reload().ok();
            }
            Letter::Stop => return None,
        }
        Some(())
    }

    fn now(&self) -> Timestamp {
        self.clock.now(self.engine.latest())
    }

    fn hear_alarms(&mut self) {
        let mut judged = 0;
        while let Ok(alarm) = self.alarms.try_recv() {
            let now = self.clock.now(alarm.at);
            if alarm.cause == Cause::Mines && judged < AT_ONCE {
                judged += 1;
                if let Some(judged) = self.engine.judge(alarm.flow.inside) {
                    self.warden.verdict(&judged.rationale, now);
                }
            }
            self.warden.alarm(&alarm, now);
        }
    }

    /// What the site stops itself is not held for or against anybody.
    fn bar(&mut self) {
        if let Some(barred) = self.warden.barred(self.clock == Clock::Packets) {
            self.engine.bar(&barred);
        }
    }

    /// What is done now and then.
    fn now_and_then(&mut self, fullness: f64) {
        self.bar();
        let (now, clock) = (self.now(), wall());
        self.mind_the_clock(clock);
        let passed = Duration::from_nanos(clock.since(self.due.stepped).nanos());
        self.due.stepped = clock;
        // A capture can wait; the wire does not.
        if self.clock == Clock::Wall {
            self.engine.shed(self.load.step(fullness, passed));
        }
        if now >= self.due.gather {
            self.engine.gather();
            let crowd = self.engine.crowd();
            self.tell_apart(&crowd, now);
            self.warden.crowd(crowd);
            self.due.gather = now.plus(GATHER.max(rest(clock)));
        }
        if now >= self.due.preload {
            self.due.preload = now.plus(PRELOAD);
            self.warden.preload(&self.settings.intel, self.config.indicators.block_from, now);
        }
        if now >= self.due.look {
            let begun = wall();
            self.look(now);
            let pause = Span::from_nanos(self.config.look_every.nanos() / u64::from(PARTS));
            self.due.look = now.plus(pause.max(rest(begun)));
        }
        if now >= self.due.second {
            self.due.second = now.plus(SECOND);
            self.engine.advance(now);
            self.hear_alarms();
            self.warden.tick(now);
            self.keep(now);
            self.tell_hub(now);
        }
        if let Some(behaviour) = &mut self.behaviour {
            let said = behaviour.step(&mut self.engine, wall());
            said.into_iter()
                .for_each(|said| self.warden.news.tell(now, Matter::Sensor, None, said));
        }
        if clock >= self.due.status {
            self.due.status = clock.plus(SECOND);
            self.publish(clock);
            // Without systemd there is nobody to tell.
            sd_notify::notify(false, &[sd_notify::NotifyState::Watchdog]).ok();
        }
    }

    /// Looks at the next part of the hosts.
    fn look(&mut self, now: Timestamp) {
        let part = self.due.part;
        self.due.part = (part + 1) % PARTS;
        let judged = self.engine.look(part, PARTS);
        self.desk.looked(part, judged.iter().map(|judged| &judged.rationale));
        for judged in &judged {
            self.warden.verdict(&judged.rationale, now);
            let said = self.hub.as_mut().map(|hub| hub.judged(judged, now)).unwrap_or_default();
            for said in said {
                self.warden.news.tell(now, Matter::Told, None, said);
            }
        }
    }

    fn keep(&mut self, now: Timestamp) {
        let Some(state) = self.warden.unkept() else {
            return;
        };
        let failed = self.keep.save(state).err().map(|error| error.to_string());
        if failed.is_some() {
            self.warden.keep_again();
        }
        if failed != self.unkept {
            let said = match &failed {
                Some(why) => format!("blocks are not kept over a restart: {why}; free the disk"),
                None => "blocks are kept over a restart again".to_owned(),
            };
            self.warden.news.tell(now, Matter::Sensor, None, said);
            self.unkept = failed;
        }
    }

    fn publish(&mut self, clock: Timestamp) {
        let now = self.now();
        if clock >= self.due.count {
            self.due.count = clock.plus(COUNT);
            self.desk.stopped(self.warden.stopped());
            self.warden.count_limits();
        }
        let site = &self.settings.site;
        let kept = self.behaviour.as_ref().map_or(0, |behaviour| behaviour.kept().secs());
        let hub = self.hub.as_ref().map(|hub| hub.row(clock.nanos() / 1_000_000));
        let facts = Facts {
            site,
            indicators: self.settings.intel.len(),
            shed_level: self.load.level(),
            kept,
            hub,
        };
        self.desk.publish(&self.engine, &self.warden, now, clock, facts);
    }

    fn answer(&mut self, ask: Ask) -> Answer {
        match ask {
            Ask::Status => Answer::Status(Box::new(self.desk.read())),
            Ask::Report => match serde_json::to_value(self.engine.document(self.names.clone())) {
                Ok(report) => Answer::Report { report },
                Err(error) => Answer::Refused { why: error.to_string() },
            },
            Ask::Act(order) => {
                let answer = self.warden.order(order, self.now());
                self.keep(self.now());
                self.tell_hub(self.now());
                self.publish(wall());
                answer
            }
            Ask::Reload => {
                let done = self.reload();
                self.warden.tick(self.now());
                self.publish(wall());
                match done {
                    Ok(said) => Answer::Done { said },
                    Err(why) => Answer::Refused { why },
                }
            }
        }
    }

    /// Ends cleanly: blocks stay in the kernel until their time is over.
    fn end(mut self) -> Ended {
        let now = self.now();
        self.engine.end_flows();
        if let Some(mut behaviour) = self.behaviour.take() {
            let said = behaviour.finish(&mut self.engine, wall());
            said.into_iter()
                .for_each(|said| self.warden.news.tell(now, Matter::Sensor, None, said));
        }
        self.engine.gather();
        for part in 0..PARTS {
            self.due.part = part;
            self.look(now);
        }
        self.warden.tick(now);
        self.keep(now);
        self.publish(wall());
        std::fs::remove_file(&self.config.socket).ok();
        Ended { document: self.engine.finish(self.names) }
    }
}
