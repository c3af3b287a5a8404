//! `ostium sensor`, and the commands that talk to a sensor.

pub(crate) mod args;
mod ask;
pub(crate) mod order;
pub(crate) mod status;
pub(crate) mod top;
pub(crate) mod why;

use std::path::Path;
use std::process::ExitCode;

use ostium_sensor::config::{Config, ConfigError, TEMPLATE, load};
use ostium_sensor::{Options, run as serve, teardown};

use self::args::SensorArgs;
use crate::args::Format;
use crate::fail::Fail;
use crate::output::{paint, print, render, say};

/// Where the configuration of a package lies.
const USUAL: &str = "/etc/ostium/sensor.toml";

/// Runs the command.
pub(crate) fn run(args: &SensorArgs) -> Result<ExitCode, Fail> {
    if args.print_config {
        print(TEMPLATE)?;
        return Ok(ExitCode::SUCCESS);
    }
    let config = configuration(args).map_err(|error| Fail::new(error.to_string()))?;
    if args.teardown {
        teardown(&config).map_err(|error| Fail::new(error.to_string()))?;
        say(format_args!("nothing of ostium is left in the kernel"));
        return Ok(ExitCode::SUCCESS);
    }
    if args.check {
        say(format_args!("the configuration is right"));
        return Ok(ExitCode::SUCCESS);
    }
    let hears = !config.interfaces.is_empty() || !args.replay.is_empty();
    if hears && !args.quiet {
        let heard = if args.replay.is_empty() {
            config.interfaces.join(", ")
        } else {
            "a replay".to_owned()
        };
        say(format_args!("hearing {heard}, mode {}; ask with: ostium status", config.mode));
    }
    let again = args.clone();
    let options = Options {
        config,
        reload: Box::new(move || configuration(&again)),
        replay: args.replay.clone(),
        pace: args.pace,
        hub: args.replay.is_empty(),
        aloud: !args.quiet,
        told: None,
    };
    let ended = serve(options).map_err(|error| Fail::new(error.to_string()))?;
    if !args.replay.is_empty() || args.report {
        print(&render(&ended.document, args.format, paint())?)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The configuration: a file, or what holds without one; what was typed beats it.
fn configuration(args: &SensorArgs) -> Result<Config, ConfigError> {
    let usual = Path::new(USUAL);
    let mut config = match &args.config {
        Some(path) => load(path)?,
        None if usual.is_file() => load(usual)?,
        None => Config::default(),
    };
    if !args.interface.is_empty() {
        config.interfaces.clone_from(&args.interface);
    }
    if !args.home.is_empty() {
        config.home.clone_from(&args.home);
    }
    if let Some(mode) = args.mode {
        config.mode = mode.into();
    }
    if !args.intel.is_empty() {
        config.indicators.files.clone_from(&args.intel);
    }
    if let Some(socket) = &args.socket {
        config.socket.clone_from(socket);
    }
    if let Some(state) = &args.state {
        config.state.clone_from(state);
    }
    Ok(config)
}

/// For machines or people?
pub(crate) const fn is_json(format: Format) -> bool {
    matches!(format, Format::Json)
}
