//! What can be typed.

use clap::{Args, Parser, Subcommand, ValueEnum};
use ostium_event::{Addr, Prefix};
use ostium_evidence::Role;
use ostium_pipeline::RoleAt;

use crate::feed::args::FeedArgs;
use crate::hub::args::HubArgs;
use crate::join::JoinArgs;
use crate::sensor::args::{BlockArgs, ReloadArgs, SensorArgs, StatusArgs, TargetArgs, TopArgs};
use crate::synth::args::LiveArgs;
use crate::units::Bytes;

/// Beware of what leaves your network: names the infected machines inside, and says why.
#[derive(Parser)]
#[command(name = "ostium", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Reads captures or logs and says who inside is infected, with the evidence
    Analyze(AnalyzeArgs),
    /// Watches interfaces, names infected machines and blocks what they call
    Sensor(SensorArgs),
    /// Says how a running sensor is doing: rates, hosts, blocks, news
    Status(StatusArgs),
    /// Shows a running sensor live in the terminal
    Top(TopArgs),
    /// Has a running sensor block a destination
    Block(BlockArgs),
    /// Has a running sensor put an inside host into the walled garden
    Quarantine(BlockArgs),
    /// Has a running sensor never block a target
    Allow(TargetArgs),
    /// Ends a block of a running sensor; it sticks
    Release(TargetArgs),
    /// Has a running sensor read its configuration again
    Reload(ReloadArgs),
    /// Runs a hub, which arms all by what each reports; and asks and orders a running one
    Hub(Box<HubArgs>),
    /// Has the sensor of this machine join a hub, by the line of an invitation
    Join(JoinArgs),
    /// Prints the whole reasoning about a host, name or address: of a report, a running sensor or hub
    Why(WhyArgs),
    /// Analyses a small world with three bots; then joins three sites by a hub, of which two arm the
    /// third
    Demo(DemoArgs),
    /// Makes the traffic of a described network: packets, Zeek logs, or a report straight away
    Synth(SynthArgs),
    /// Judges labelled cases and says how well: found, missed, falsely accused, after what time
    Eval(EvalArgs),
    /// Lets organisations lie to a hub, and says what that does: a table by attack and liars
    Poison(PoisonArgs),
    /// Checks an implementation of the signed feed, or is one
    Feed(FeedArgs),
    /// Prints a completion script for a shell
    Completions(CompletionsArgs),
}

/// Options of `analyze`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium analyze capture.pcap
  ostium analyze --home 147.32.0.0/16 morning.pcapng.zst evening.pcap.gz
  ostium analyze /opt/zeek/logs/2026-11-24/           a day of Zeek logs
  tcpdump -w - -i eth0 | ostium analyze -             standard input
  ostium analyze eve.json --intel threatfox.csv --format json > report.json
  ostium analyze capture.pcap --html report.html      a page to read and to hand on
  ostium why 10.1.2.3 --report report.json

Inputs are recognised by content: pcap, pcapng; Zeek conn, dns, ssl, x509 and http logs (TSV or JSON
lines); Suricata EVE; each plain, gzip or zstd. Several inputs are one observation, merged by time.")]
pub(crate) struct AnalyzeArgs {
    /// Captures, logs or folders of logs; `-` is standard input
    #[arg(required = true, value_name = "INPUT")]
    pub(crate) inputs: Vec<String>,
    #[command(flatten)]
    pub(crate) site: SiteArgs,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Write the report to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<std::path::PathBuf>,
    /// Write the report as one page too, with timelines and sums; it needs no network
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<std::path::PathBuf>,
    /// Exit with status 3 when a host is this bad
    #[arg(long, value_enum, value_name = "VERDICT")]
    pub(crate) fail_on: Option<FailOn>,
    /// Show clean hosts too
    #[arg(long)]
    pub(crate) all: bool,
    /// Say nothing on standard error but failures
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// What shapes the verdicts.
#[derive(Args)]
pub(crate) struct SiteArgs {
    /// A network that is inside; repeat for more [default: the private ranges]
    #[arg(long, value_name = "CIDR")]
    pub(crate) home: Vec<Prefix>,
    /// A name for this site in reports
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(crate) site: String,
    /// A role that explains what a host does, such as resolver=10.0.0.53; repeat for more
    #[arg(long, value_name = "ROLE=HOST", value_parser = role)]
    pub(crate) role: Vec<RoleAt>,
    /// Known indicators: plain list, STIX 2.1, MISP, abuse.ch CSV; repeat for more
    #[arg(long, value_name = "FILE")]
    pub(crate) intel: Vec<std::path::PathBuf>,
    /// Probability that a host is infected before anything is seen of it: 0.001 suits an
    /// organisation, 0.01 homes, 0.00002 mobile networks
    #[arg(long, value_name = "P", default_value_t = 0.001, value_parser = probability)]
    pub(crate) prior: f64,
    /// Memory for what is remembered of hosts and flows
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub(crate) memory: Bytes,
    /// Threads to work with [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) threads: Option<u16>,
}

/// Options of `why`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium analyze capture.pcap --format json > report.json
  ostium why 10.1.2.3 --report report.json            an inside host
  ostium why c2.example --report report.json          who talked to it, and what was odd
  ostium why 203.0.113.9:4444 --report report.json
  ostium why 10.1.2.3                                 of the running sensor
  ostium why c2.example --hub                         of the running hub: who says so, and how sure")]
pub(crate) struct WhyArgs {
    /// An inside host, or the name or address of something outside
    #[arg(value_name = "HOST|NAME|ADDRESS")]
    pub(crate) target: String,
    /// The report, as `analyze --format json` prints it; `-` is standard input [default: that of the
    /// running sensor; without one, the hub's]
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<String>,
    /// Ask the hub that runs here
    #[arg(long, conflicts_with = "report")]
    pub(crate) hub: bool,
    /// Where the sensor, or with --hub the hub, listens
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<std::path::PathBuf>,
    /// How to print the reasoning
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// Options of `demo`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium demo
  ostium demo --html demo.html                        the report as a page
  ostium demo --seed 7 --keep world.pcap              keep the capture and its labels to play with")]
pub(crate) struct DemoArgs {
    /// Which world: the same seed makes the same bytes
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Only the first part: one perimeter, its report, and the truth
    #[arg(long)]
    pub(crate) alone: bool,
    /// Keep the capture here, and its labels beside it (.toml)
    #[arg(long, value_name = "FILE")]
    pub(crate) keep: Option<std::path::PathBuf>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Write the report as one page too, with timelines and sums; it needs no network
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<std::path::PathBuf>,
}

/// Options of `eval`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium eval corpus/manifest.toml
  ostium eval corpus/manifest.toml --use test --format json > results.json
  ostium eval corpus/manifest.toml --case njrat --case quiet-office --html results.html
  ostium eval corpus/manifest.toml --each corpus/protocols --write docs/evaluation.md
  ostium demo --keep world.pcap && ostium eval world.toml

A manifest is TOML; paths are relative to it:
  [[case]]
  name = \"njrat\"                        unique
  kind = \"C2\"                           what happens, for people; family = \"...\" likewise
  inputs = [\"njrat/conn.log.gz\"]        files and folders, one observation
  home = [\"192.168.1.0/24\"]             what is inside [default: the private ranges]
  roles = [\"resolver=192.168.1.1\"]      as --role of analyze
  infected = [\"192.168.1.115\"]          inside hosts that are infected
  clean = []                             inside hosts that are known to be clean
  use = \"train\"                         may thresholds be set on it, or is it only reported (test)?
  truth = \"documented\"                  who says so

A case may be a made-up world instead, which tells its own truth (ostium synth --list):
  [[case]]
  name = \"office-3\"
  scenario = \"office\"                   one that ships, or a file
  seed = 3                               also days = 2.5, scale = 10, as = \"events\" or \"packets\"
  use = \"test\"

Time to find is from a host's first event to the first look that calls it infected; looks are 1,
1.5, 2, 3, 4, 6, 8, 12 ... minutes after the first event of the case, and at its end.
Status 1 when a case crashed; refused cases are results.")]
pub(crate) struct EvalArgs {
    /// The labelled cases
    #[arg(value_name = "MANIFEST")]
    pub(crate) manifest: std::path::PathBuf,
    /// Only cases of this use
    #[arg(long = "use", value_enum, value_name = "USE")]
    pub(crate) purpose: Option<Use>,
    /// Only the case of this name; repeat for more
    #[arg(long, value_name = "NAME")]
    pub(crate) case: Vec<String>,
    /// Every file below this folder too, each a case without labels; repeat for more
    #[arg(long, value_name = "DIR")]
    pub(crate) each: Vec<std::path::PathBuf>,
    /// How to print the results
    #[arg(long, value_enum, default_value_t = EvalFormat::Table)]
    pub(crate) format: EvalFormat,
    /// Write what is printed to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<std::path::PathBuf>,
    /// Write the results as one page too
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<std::path::PathBuf>,
    /// Write the results as Markdown too, and keep what stands between its marks `notes`
    #[arg(long, value_name = "FILE")]
    pub(crate) write: Option<std::path::PathBuf>,
    /// Memory for what is remembered of hosts and flows, for each case
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub(crate) memory: Bytes,
    /// Cases at a time [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) threads: Option<u16>,
    /// Say nothing on standard error but failures
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Options of `poison`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium poison                                       every attack, some minutes
  ostium poison --attack collude --attack sybil --seeds 20
  ostium poison --format markdown -o table.md
  ostium poison --format json | jq '.rows[] | select(.liars == 15)'

Attacks: collude, drift, replay, sybil, resolver, competitor, neighbour, denial, flood.
The same options give the same table. docs/poisoning.md says how it is made and what it means.
Status 1 when a value was published that rails must keep from that.")]
pub(crate) struct PoisonArgs {
    /// Worlds for each attack and number of liars
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) seeds: u64,
    /// Days of each world: two quiet weeks, lies, two weeks more
    #[arg(long, value_name = "N", default_value_t = 42)]
    pub(crate) days: u64,
    /// Only this attack; repeat for more
    #[arg(long, value_name = "NAME")]
    pub(crate) attack: Vec<ostium_poison::Attack>,
    /// How to print the table
    #[arg(long, value_enum, default_value_t = EvalFormat::Table)]
    pub(crate) format: EvalFormat,
    /// Write what is printed to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<std::path::PathBuf>,
    /// Say nothing on standard error but failures
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Options of `synth`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium synth --list                                 the scenarios that ship
  ostium synth office --out office.pcap.zst           a week of an office; labels in office.toml
  ostium synth office --days 1 --out - | ostium analyze --home 10.40.0.0/16 -
  ostium synth servers --as zeek --out logs/          as Zeek would have logged it
  ostium synth home-users --as events --hosts-scale 50
                                                      judged at once against its truth
  ostium synth my-network.toml --seed 7 --out world.pcap
  ip netns exec outside ostium synth demo --live --outside --at 198.51.100.7 --pace 30
  ip netns exec inside  ostium synth demo --live --at 198.51.100.7 --resolver 198.51.100.7 --pace 30
                                                      its bots over real sockets, 30 times as fast

The same scenario, seed, days and scale make the same bytes. docs/synth.md says how to write a
scenario.")]
pub(crate) struct SynthArgs {
    /// A scenario file, or the name of one that ships
    #[arg(value_name = "SCENARIO", required_unless_present = "list")]
    pub(crate) scenario: Option<String>,
    /// Say which scenarios ship
    #[arg(long)]
    pub(crate) list: bool,
    /// What to make of it
    #[arg(long = "as", value_enum, default_value_t = Making::Pcap, value_name = "WHAT")]
    pub(crate) making: Making,
    /// Where to: a file (compressed when its name ends in .gz or .zst), `-` for standard output,
    /// or a folder for logs [default: SCENARIO.pcap or SCENARIO-zeek]
    #[arg(long, short, value_name = "FILE|DIR")]
    pub(crate) out: Option<std::path::PathBuf>,
    /// Where to write who is infected, as `eval` reads it [default: beside --out]
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<std::path::PathBuf>,
    /// Another seed than the scenario's
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Another length
    #[arg(long, value_name = "DAYS", value_parser = days)]
    pub(crate) days: Option<f64>,
    /// So many times the machines of each group of more than one; infections stay as they are
    #[arg(long, value_name = "F", value_parser = scale)]
    pub(crate) hosts_scale: Option<f64>,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    /// How to print the report of --as events, or the counts of --live
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Memory for what --as events remembers of hosts
    #[arg(long, value_name = "SIZE", default_value = "1GiB")]
    pub(crate) memory: Bytes,
    /// Say nothing on standard error but failures
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// What `synth` makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Making {
    /// A capture
    Pcap,
    /// A folder of logs, as Zeek writes them
    Zeek,
    /// Nothing on disk: the world is judged at once, and compared with its truth
    Events,
}

/// Options of `completions`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium completions bash > /etc/bash_completion.d/ostium
  ostium completions zsh > ~/.zfunc/_ostium")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For machines: one object, schema ostium.report/1
    Json,
}

/// How to print results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EvalFormat {
    /// For people
    Table,
    /// For machines: one object, with its schema
    Json,
    /// For a repository
    Markdown,
}

/// What a case may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Use {
    /// Thresholds may be set on it
    Train,
    /// Only reported
    Test,
}

/// What `--fail-on` looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// An infected host
    Infected,
    /// An infected or suspect host
    Suspect,
}

fn role(text: &str) -> Result<RoleAt, String> {
    let names: Vec<&str> = Role::ALL.iter().map(|r| r.name()).collect();
    let usage = || format!("write it as ROLE=HOST; roles are {}", names.join(", "));
    let (role, host) = text.split_once('=').ok_or_else(usage)?;
    let role = Role::from_name(role).ok_or_else(usage)?;
    let host: Addr = host.parse().map_err(|_| format!("'{host}' is no address"))?;
    Ok(RoleAt { role, host })
}

fn days(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(days) if days > 0.0 && days <= 3660.0 => Ok(days),
        _ => Err("days lie between 0 and 3660, such as 0.5 or 7".to_owned()),
    }
}

fn scale(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(scale) if scale > 0.0 && scale <= 100_000.0 => Ok(scale),
        _ => Err("a scale lies between 0 and 100000, such as 0.5 or 10".to_owned()),
    }
}

fn probability(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(p) if p > 0.0 && p < 0.5 => Ok(p),
        _ => Err("a prior lies between 0 and 0.5".to_owned()),
    }
}
