//! The `ostium` command: one file per subcommand.
//!
//! Exit status: 0 done, 1 failed, 2 wrong usage, 3 `--fail-on` found what it was told to look for.
#![forbid(unsafe_code)]

mod analyze;
mod args;
mod completions;
mod demo;
mod eval;
mod fail;
mod feed;
mod hub;
mod intel;
mod interrupt;
mod join;
mod output;
mod poison;
mod progress;
mod sensor;
mod synth;
mod truth;
mod units;
mod why;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Cli, Command};
use crate::output::say;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Analyze(args) => analyze::run(&args),
        Command::Sensor(args) => sensor::run(&args),
        Command::Status(args) => sensor::status::run(&args),
        Command::Top(args) => sensor::top::run(&args),
        Command::Block(args) => sensor::order::block(args),
        Command::Quarantine(args) => sensor::order::quarantine(args),
        Command::Allow(args) => sensor::order::allow(args),
        Command::Release(args) => sensor::order::release(args),
        Command::Reload(args) => sensor::order::reload(&args),
        Command::Hub(args) => hub::run(*args),
        Command::Join(args) => join::run(&args),
        Command::Why(args) => why::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Synth(args) => synth::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Poison(args) => poison::run(&args),
        Command::Feed(args) => feed::run(&args),
        Command::Completions(args) => completions::run(&args),
    };
    match done {
        Ok(code) => code,
        Err(fail) => {
            say(format_args!("{fail}"));
            ExitCode::from(1)
        }
    }
}
