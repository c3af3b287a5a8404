//! `ostium feed`: what helps whoever writes an implementation of the feed (docs/protocol.md).

pub(crate) mod args;
mod conform;
mod follow;
mod talk;

use std::process::ExitCode;

use crate::fail::Fail;
use crate::feed::args::{FeedArgs, FeedCommand};

/// Runs one of its commands.
pub(crate) fn run(args: &FeedArgs) -> Result<ExitCode, Fail> {
    match &args.command {
        FeedCommand::Conform(args) => conform::run(args),
        FeedCommand::Follow => follow::run(),
    }
}
