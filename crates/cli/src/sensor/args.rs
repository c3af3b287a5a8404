//! What can be typed to run a sensor, and to talk to one.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use ostium_event::Prefix;
use ostium_verdict::{Mode, Target};

use crate::args::Format;

/// Options of `sensor`.
#[derive(Args, Clone)]
#[command(after_help = "\
Examples:
  sudo ostium sensor --interface eth0                 watch, block nothing
  sudo ostium sensor --interface eth0 --mode simulate show what would be blocked
  ostium sensor --print-config > /etc/ostium/sensor.toml
  sudo ostium sensor --config /etc/ostium/sensor.toml
  ostium sensor --replay day.pcap --state /tmp/o --socket /tmp/o/s  a capture, as if it were live
  sudo ostium sensor --teardown                       take all blocks out of the kernel
  ostium status                                       from another terminal

Without --config, /etc/ostium/sensor.toml is read where there is one. SIGHUP or `ostium reload`
reads it again; Ctrl-C ends cleanly, and blocks stay until their time is over.
The interface is the inside one of a router, a mirror port, or one side of a bridge. Capturing needs
CAP_NET_RAW, blocking CAP_NET_ADMIN.")]
pub(crate) struct SensorArgs {
    /// An interface to hear; repeat for more
    #[arg(long, short, value_name = "NAME")]
    pub(crate) interface: Vec<String>,
    /// The configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What may be done
    #[arg(long, value_enum, value_name = "MODE")]
    pub(crate) mode: Option<ModeArg>,
    /// A network that is inside; repeat for more [default: the private ranges]
    #[arg(long, value_name = "CIDR")]
    pub(crate) home: Vec<Prefix>,
    /// Known indicators: plain list, STIX 2.1, MISP, abuse.ch CSV; repeat for more
    #[arg(long, value_name = "FILE")]
    pub(crate) intel: Vec<PathBuf>,
    /// Where it listens for `ostium status` and others
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
    /// Where blocks and releases are kept over a restart
    #[arg(long, value_name = "DIR")]
    pub(crate) state: Option<PathBuf>,
    /// Replay a capture instead of hearing interfaces, and end with it; repeat for more
    #[arg(long, value_name = "FILE")]
    pub(crate) replay: Vec<PathBuf>,
    /// Replay so many times as fast as it was [default: as fast as possible]
    #[arg(long, value_name = "TIMES", requires = "replay", value_parser = times)]
    pub(crate) pace: Option<f64>,
    /// Print the report at the end (a replay always does)
    #[arg(long)]
    pub(crate) report: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
    /// Print a configuration with everything that can be said, and end
    #[arg(long)]
    pub(crate) print_config: bool,
    /// Read the configuration, say whether it is right, and end
    #[arg(long)]
    pub(crate) check: bool,
    /// Take all that a sensor put into the kernel away, and end
    #[arg(long)]
    pub(crate) teardown: bool,
    /// Say nothing on standard error but failures
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// A number of times.
fn times(text: &str) -> Result<f64, String> {
    let times = text.parse().ok().filter(|times: &f64| times.is_finite() && *times > 0.0);
    times.ok_or_else(|| "a number above 0 is wanted, such as 1 or 60".to_owned())
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeArg {
    /// Block nothing
    Observe,
    /// Show what would be blocked
    Simulate,
    /// Block
    Block,
}

/// Options of `status`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium status
  ostium status --format json | jq .hosts")]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    pub(crate) format: Format,
}

/// Options of `top`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium top
  ostium top --every 5s
  NO_COLOR=1 ostium top                               bold and reversed instead of colours

`?` says which keys there are, q quits. It only asks, and changes nothing.
It needs a terminal of 80x24 or more; for scripts there is: ostium status --format json")]
pub(crate) struct TopArgs {
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// How often to ask
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = every)]
    pub(crate) every: Duration,
}

/// Which sensor.
#[derive(Args)]
pub(crate) struct AtArgs {
    /// Where the sensor listens
    #[arg(long, value_name = "PATH", default_value_os_t = ostium_sensor_api::default_socket())]
    pub(crate) socket: PathBuf,
}

/// Options of `block` and `quarantine`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium block 198.51.100.7 --for 1h --because 'seen in the news'
  ostium block 198.51.100.7:443/tcp --for 7d
  ostium block c2.example                             and all names below it
  ostium quarantine 10.1.2.3 --for 4h --because 'ransomware'")]
pub(crate) struct BlockArgs {
    /// An address, an address and port (198.51.100.7:443/tcp), or a name
    #[arg(value_name = "TARGET")]
    pub(crate) target: Target,
    /// For how long
    #[arg(long = "for", value_name = "TIME", default_value = "24h", value_parser = length)]
    pub(crate) span: u64,
    #[command(flatten)]
    pub(crate) why: WhyArg,
}

/// Options of `allow` and `release`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium release 198.51.100.7 --because 'our partner'
  ostium release host:10.1.2.3                        out of quarantine
  ostium allow partner.example --because 'our partner'

A release ends a block, and automation leaves the target alone for some days. What is allowed is
never blocked, whoever asks, until the sensor starts anew; [allow] in its configuration lasts.")]
pub(crate) struct TargetArgs {
    /// An address, an address and port, a name, or host:ADDRESS
    #[arg(value_name = "TARGET")]
    pub(crate) target: Target,
    #[command(flatten)]
    pub(crate) why: WhyArg,
}

/// Why, and to which sensor.
#[derive(Args)]
pub(crate) struct WhyArg {
    /// Why, in one line
    #[arg(long, value_name = "TEXT", default_value = "by hand")]
    pub(crate) because: String,
    #[command(flatten)]
    pub(crate) at: AtArgs,
}

/// Options of `reload`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium reload

A configuration that is wrong is refused with its line, and the old one stays in force.")]
pub(crate) struct ReloadArgs {
    #[command(flatten)]
    pub(crate) at: AtArgs,
}

// === impl ModeArg ===

impl From<ModeArg> for Mode {
    fn from(mode: ModeArg) -> Self {
        match mode {
            ModeArg::Observe => Self::Observe,
            ModeArg::Simulate => Self::Simulate,
            ModeArg::Block => Self::Block,
        }
    }
}

/// Seconds of `90s`, `15m`, `24h`, `7d`.
fn length(text: &str) -> Result<u64, String> {
    let bad = || format!("'{text}' is no length of time; write 90s, 15m, 24h or 7d");
    let span: ostium_event::Span = text.parse().map_err(|_| bad())?;
    match span.nanos() / 1_000_000_000 {
        0 => Err("a block holds for a second or more".to_owned()),
        seconds => Ok(seconds),
    }
}

/// How often, as `500ms`, `1s` or `1m`.
fn every(text: &str) -> Result<Duration, String> {
    let bad = || format!("'{text}' is no length of time; write 500ms, 1s or 1m");
    let span: ostium_event::Span = text.parse().map_err(|_| bad())?;
    match Duration::from_nanos(span.nanos()) {
        span if span < Duration::from_millis(100) => Err("100ms is the least".to_owned()),
        span if span > Duration::from_secs(3600) => Err("1h is the most".to_owned()),
        span => Ok(span),
    }
}
