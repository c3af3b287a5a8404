//! `ostium synth`: the traffic of a described network.

pub(crate) mod args;
mod into;
mod live;
mod pipe;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ostium_event::{Home, Timestamp};
use ostium_evidence::Role;
use ostium_pipeline::{Analysis, RoleAt, Settings, analyze, analyze_events, from_reader};
use ostium_synth::{Scenario, Truth, Wishes, World, shipped};

use crate::analyze::show;
use crate::args::{Format, Making, SynthArgs};
use crate::fail::Fail;
use crate::interrupt::Interrupt;
use crate::output::{print, say, write_file};
use crate::progress::WorldBar;
use crate::truth::{compare, host_days};

/// Runs the command.
pub(crate) fn run(args: &SynthArgs) -> Result<ExitCode, Fail> {
    if args.list {
        print(&list())?;
        return Ok(ExitCode::SUCCESS);
    }
    let scenario = find(args.scenario.as_deref().unwrap_or_default())?;
    let wishes = Wishes { seed: args.seed, days: args.days, scale: args.hosts_scale };
    let world = scenario.world(&wishes).map_err(|error| Fail::new(error.to_string()))?;
    let name = short_name(scenario.name());
    let interrupt = Interrupt::listen();
    if args.live.live {
        return live::run(args, &world, &interrupt);
    }
    let play = Play { args, world: &world, name: &name, interrupt };
    match args.making {
        Making::Pcap => play.pcap(),
        Making::Zeek => play.zeek(),
        Making::Events => play.events(),
    }
}

/// A scenario being played.
struct Play<'a> {
    args: &'a SynthArgs,
    world: &'a World,
    name: &'a str,
    interrupt: Interrupt,
}

fn list() -> String {
    let width = shipped().iter().map(|shipped| shipped.name.len()).max().unwrap_or(0);
    let line = |shipped: &ostium_synth::Shipped| {
        let scenario = Scenario::parse(shipped.name, shipped.text);
        let about = scenario.map(|s| s.about().to_owned()).unwrap_or_default();
        format!("{:<width$}  {about}\n", shipped.name)
    };
    shipped().iter().map(line).collect()
}

/// The scenario of a path or a name.
fn find(asked: &str) -> Result<Scenario, Fail> {
    let path = Path::new(asked);
    if path.is_file() {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Fail::new(format!("cannot read {asked}: {error}")))?;
        return Scenario::parse(asked, &text).map_err(|error| Fail::new(error.to_string()));
    }
    Scenario::named(asked).ok_or_else(|| {
        let names: Vec<&str> = shipped().iter().map(|shipped| shipped.name).collect();
        Fail::new(format!(
            "{asked} is no file and no scenario that ships; those are {}",
            names.join(", ")
        ))
    })
}

/// `office` of `scenarios/office.toml`.
fn short_name(name: &str) -> String {
    let stem = Path::new(name).file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

// === impl Play ===

impl Play<'_> {
    fn watch<'b>(&'b self, bar: &'b WorldBar) -> impl FnMut(Timestamp) -> ControlFlow<()> + 'b {
        move |at| {
            bar.reached(at.since(self.world.start));
            match self.interrupt.is_raised() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        }
    }

    fn bar(&self) -> WorldBar {
        let to_stdout = self.args.out.as_deref() == Some(Path::new("-"));
        let length = self.world.end().since(self.world.start);
        WorldBar::new(self.args.quiet || to_stdout, length)
    }

    fn pcap(&self) -> Result<ExitCode, Fail> {
        let default = PathBuf::from(format!("{}.pcap", self.name));
        let path = self.args.out.as_deref().unwrap_or(&default);
        let bar = self.bar();
        let truth =
            into::capture(path, |out| self.world.write_pcap_until(out, &mut self.watch(&bar)))?;
        bar.clear();
        let input = path.file_name().unwrap_or_default().to_string_lossy();
        let beside = (path != Path::new("-")).then(|| into::beside(path));
        self.label(&truth, &input, beside.as_deref())?;
        self.tell(path, &truth);
        Ok(ExitCode::SUCCESS)
    }

    fn zeek(&self) -> Result<ExitCode, Fail> {
        if !self.world.tap.is_whole() {
            return Err(Fail::new(
                "what a tap loses cannot be told in logs: make a capture (--as pcap) and give it \
                 to Zeek",
            ));
        }
        let default = PathBuf::from(format!("{}-zeek", self.name));
        let path = self.args.out.as_deref().unwrap_or(&default);
        if path == Path::new("-") {
            return Err(Fail::new("logs are several files: say a folder, --out DIR"));
        }
        let failed = |error| Fail::new(format!("cannot write to {}: {error}", path.display()));
        std::fs::create_dir_all(path).map_err(failed)?;
        let bar = self.bar();
        let truth = self
            .world
            .write_zeek(&mut |name| into::file(&path.join(name)), &mut self.watch(&bar))
            .map_err(failed)?;
        bar.clear();
        let input = path.file_name().unwrap_or_default().to_string_lossy();
        self.label(&truth, &input, Some(&path.with_extension("toml")))?;
        self.tell(path, &truth);
        Ok(ExitCode::SUCCESS)
    }

    fn events(&self) -> Result<ExitCode, Fail> {
        if self.args.out.is_some() {
            return Err(Fail::new("--as events writes nothing; leave --out away"));
        }
        let settings = self.settings()?;
        let bar = self.bar();
        let (analysis, truth) = match self.world.tap.is_whole() {
            true => self.told(&settings, &bar),
            false => self.tapped(&settings, &bar)?,
        };
        bar.clear();
        if let Some(labels) = &self.args.labels {
            write_file(labels, &truth.to_toml(self.name, ""))?;
        }
        if self.interrupt.is_raised() {
            say(format_args!(
                "interrupted; this is the report on the first {:.2} days",
                truth.days
            ));
        }
        show(&analysis.document, self.args.format)?;
        if self.args.format == Format::Table {
            print(&compare(&analysis.document, &truth))?;
            print(&host_days(&truth))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Judges the world without making a packet.
    fn told(&self, settings: &Settings, bar: &WorldBar) -> (Analysis, Truth) {
        let mut truth = self.world.truth();
        let (mut count, mut watch) = (0u64, self.watch(bar));
        let analysis = analyze_events(self.name, settings, |hear| {
            self.world.tell(&mut |event| {
                count += 1;
                if count.is_multiple_of(1 << 14) && watch(event.at).is_break() {
                    let passed = event.at.since(self.world.start);
                    truth.days = passed.secs_f64() / 86_400.0;
                    return ControlFlow::Break(());
                }
                hear(event)
            });
        });
        (analysis, truth)
    }

    /// What a tap loses is lost in packets: they are made, and analysed at once.
    fn tapped(&self, settings: &Settings, bar: &WorldBar) -> Result<(Analysis, Truth), Fail> {
        let (writer, reader) = pipe::pipe();
        std::thread::scope(|scope| {
            let world = scope.spawn(|| self.world.write_pcap_until(writer, &mut self.watch(bar)));
            let input = from_reader(self.name, None, Box::new(reader))
                .map_err(|error| Fail::new(error.to_string()))?;
            let analysis = analyze(vec![input], settings, &mut |_| ControlFlow::Continue(()));
            let truth = world.join().ok().and_then(Result::ok);
            Ok((analysis, truth.unwrap_or_else(|| self.world.truth())))
        })
    }

    fn settings(&self) -> Result<Settings, Fail> {
        let truth = self.world.truth();
        let role = |(host, name): &(ostium_event::Addr, String)| {
            let role = Role::from_name(name).ok_or_else(|| {
                let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
                Fail::new(format!("there is no role '{name}'; roles are {}", names.join(", ")))
            })?;
            Ok(RoleAt { role, host: *host })
        };
        Ok(Settings {
            home: Home::new(&truth.home),
            site: self.name.to_owned(),
            roles: truth.roles.iter().map(role).collect::<Result<_, Fail>>()?,
            memory: self.args.memory.0,
            threads: 1,
            ..Settings::default()
        })
    }

    /// Writes the labels where they are wanted.
    fn label(&self, truth: &Truth, input: &str, beside: Option<&Path>) -> Result<(), Fail> {
        let beside = beside.map(|path| self.but_the_scenario(path));
        match self.args.labels.as_deref().or(beside.as_deref()) {
            Some(path) if self.is_scenario(path) => Err(Fail::new(format!(
                "{} is the scenario itself; name another file: --labels FILE",
                path.display()
            ))),
            Some(path) => write_file(path, &truth.to_toml(self.name, input)),
            None => Ok(()),
        }
    }

    /// The labels of `office.pcap` are `office.toml`, unless that is what the world was read from.
    fn but_the_scenario(&self, path: &Path) -> PathBuf {
        if self.is_scenario(path) { path.with_extension("labels.toml") } else { path.to_owned() }
    }

    fn is_scenario(&self, path: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().ok();
        let scenario = self.args.scenario.as_ref().map(Path::new).and_then(real);
        scenario.is_some() && scenario == real(path)
    }

    /// Says what is there now.
    fn tell(&self, path: &Path, truth: &Truth) {
        if self.interrupt.is_raised() {
            say(format_args!(
                "interrupted: {} holds the first {:.2} days, whole up to there, and the labels \
                 say so",
                path.display(),
                truth.days
            ));
        } else if !self.args.quiet && path != Path::new("-") {
            say(format_args!(
                "{} holds {} days of {} hosts, {} of them infected",
                path.display(),
                truth.days,
                truth.clean.len() + truth.infected.len(),
                truth.infected.len()
            ));
        }
    }
}
