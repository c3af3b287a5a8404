//! What can be typed to play a scenario over real sockets.

use std::net::IpAddr;
use std::time::Duration;

use clap::Args;
use ostium_event::{Prefix, Span};

/// Options of `synth --live`.
#[derive(Args)]
#[command(next_help_heading = "Live")]
pub(crate) struct LiveArgs {
    /// Let the infected machines act over real sockets, now: against --outside, on loopback or in
    /// network namespaces of a laboratory; anywhere else it refuses
    #[arg(long, conflicts_with_all = ["making", "out", "labels", "days", "memory", "hosts_scale"])]
    pub(crate) live: bool,
    /// Be the other end instead: answer the names and servers that the bots call
    #[arg(long, requires = "live")]
    pub(crate) outside: bool,
    /// Addresses of the outside, with commas; names lead there, and nothing else is called
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',', requires = "live")]
    pub(crate) at: Vec<IpAddr>,
    /// Who is asked for names [default: the scenario's resolver]
    #[arg(long, value_name = "ADDRESS", requires = "live")]
    pub(crate) resolver: Option<IpAddr>,
    /// The port at which names are asked and answered
    #[arg(long, value_name = "PORT", default_value_t = 53, requires = "live")]
    pub(crate) port_dns: u16,
    /// All bots speak from this address [default: that of their machine, where it is here]
    #[arg(long, value_name = "ADDRESS", requires = "live")]
    pub(crate) from: Option<IpAddr>,
    /// What scanners scan
    #[arg(long, value_name = "CIDR", requires = "live")]
    pub(crate) scan: Option<Prefix>,
    /// Play these infections only; repeat for more
    #[arg(long, value_name = "INFECTION", requires = "live")]
    pub(crate) only: Vec<String>,
    /// Play timers and push messages of clean machines too; give it to both sides
    #[arg(long, requires = "live")]
    pub(crate) look_alikes: bool,
    /// Time passes so many times as fast: 30 plays a beacon of a minute every two seconds; give it
    /// to both sides
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = pace, requires = "live")]
    pub(crate) pace: f64,
    /// How long, at most an hour
    #[arg(long = "for", value_name = "TIME", default_value = "60s", value_parser = length)]
    #[arg(requires = "live")]
    pub(crate) length: Duration,
    /// The most connections in all; each question for a name counts too
    #[arg(long, value_name = "N", default_value_t = 10_000, requires = "live")]
    pub(crate) most_connections: u32,
    /// Added to every port, for those who may not open low ones; give it to both sides
    #[arg(long, value_name = "N", default_value_t = 0, requires = "live")]
    pub(crate) add_to_ports: u16,
}

fn pace(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(pace) if (0.01..=1000.0).contains(&pace) => Ok(pace),
        _ => Err("a pace lies between 0.01 and 1000, such as 30".to_owned()),
    }
}

fn length(text: &str) -> Result<Duration, String> {
    let usage = || "it lasts between a moment and an hour, such as 90s or 10m".to_owned();
    let span: Span = text.parse().map_err(|_| usage())?;
    let length = Duration::from_nanos(span.nanos());
    if length.is_zero() || length > ostium_live::LONGEST {
        return Err(usage());
    }
    Ok(length)
}
