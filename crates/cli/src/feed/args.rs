//! What can be typed after `ostium feed`.

use std::time::Duration;

use clap::{Args, Subcommand};

/// Options of `feed`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium feed conform -- ./my-follower                is it right?
  ostium feed conform -- ostium feed follow           ours is")]
pub(crate) struct FeedArgs {
    #[command(subcommand)]
    pub(crate) command: FeedCommand,
}

#[derive(Subcommand)]
pub(crate) enum FeedCommand {
    /// Checks an implementation of the feed against the scenarios that any must hold
    Conform(ConformArgs),
    /// Follows a feed that is told on standard input, one JSON object a line
    Follow,
}

/// Options of `feed conform`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium feed conform -- ./my-follower --its-options
  ostium feed conform --only rotation -- python3 follower.py
  ostium feed conform --list

COMMAND is started for each scenario, hears one JSON object a line on its standard input and
answers each but the first with one; docs/protocol.md has them. Status 1 when a scenario fails.")]
pub(crate) struct ConformArgs {
    /// Say which scenarios there are
    #[arg(long)]
    pub(crate) list: bool,
    /// Only the scenario of this name; repeat for more
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
    /// How long an answer may take
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// The implementation, and its options
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "list")]
    pub(crate) command: Vec<String>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds <= 3600.0 => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a time lies between 0 and 3600 seconds, such as 10 or 0.5".to_owned()),
    }
}
