//! `ostium join`.

use std::error::Error;
use std::fmt::Write;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use ostium_control::ClientError;
use ostium_sensor_api::{Answer, Ask, Client};
use ostium_uplink::{Invitation, MEMBERSHIP, Membership, join};

use crate::fail::Fail;
use crate::output::{print, say};

/// Options of `join`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  ostium join ostium-join-1,hub.example:7443,...      the line that `ostium hub invite` printed
  ostium hub invite acme | ssh gate.acme.example ostium join -
  ostium join LINE --again                            another hub, or a new key

The key is made here and stays here. A running sensor is asked to read its configuration again.")]
pub(crate) struct JoinArgs {
    /// The line of the invitation; `-` reads it from standard input
    #[arg(value_name = "LINE")]
    line: String,
    /// Where the sensor keeps its state
    #[arg(long, value_name = "DIR", default_value_os_t = ostium_sensor::config::Config::default().state)]
    state: PathBuf,
    /// What the sensor is to be called [default: this machine's name]
    #[arg(long, value_name = "NAME")]
    sensor: Option<String>,
    /// Where the sensor listens
    #[arg(long, value_name = "PATH", default_value_os_t = ostium_sensor_api::default_socket())]
    socket: PathBuf,
    /// Join though it is a member of a hub already; that membership is lost
    #[arg(long)]
    again: bool,
}

/// Runs the command.
pub(crate) fn run(args: &JoinArgs) -> Result<ExitCode, Fail> {
    let line = if args.line == "-" { read_line()? } else { args.line.clone() };
    let invitation: Invitation = line.parse().map_err(|error| Fail::new(format!("{error}")))?;
    let path = args.state.join(MEMBERSHIP);
    if !args.again {
        let old = Membership::load(&path).map_err(|error| Fail::new(error.to_string()))?;
        if let Some(old) = old {
            return Err(Fail::new(format!(
                "this sensor is {} of {} at the hub {} already; to leave that: --again",
                old.sensor, old.organisation, old.hub
            )));
        }
    }
    // The invitation is used up by joining: first see that what comes of it can be kept.
    let owner = can_keep(&args.state, &path)?;
    let sensor = args.sensor.clone().unwrap_or_else(host);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Fail::new(format!("cannot join: {error}")))?;
    let joined = runtime.block_on(join(&invitation, &sensor));
    let membership =
        joined.map_err(|error| Fail::new(format!("cannot join: {}", whole(&error))))?;
    membership.save(&path).map_err(|error| Fail::new(error.to_string()))?;
    give(&path, owner)?;
    print(&format!(
        "{} of {} has joined the hub {}\n",
        membership.sensor, membership.organisation, membership.hub
    ))?;
    reload(args);
    Ok(ExitCode::SUCCESS)
}

fn read_line() -> Result<String, Fail> {
    let mut line = String::new();
    // A line is some hundred bytes long.
    let read = std::io::stdin().take(4_096).read_to_string(&mut line);
    read.map_err(|error| Fail::new(format!("cannot read standard input: {error}")))?;
    Ok(line)
}

/// What the machine is called, in letters that a sensor's name may have.
fn host() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let fine = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let host: String = host.chars().filter(fine).take(64).collect();
    if host.is_empty() { "sensor".to_owned() } else { host }
}

/// Tries to write where the membership will be; whose the folder of the state is.
fn can_keep(state: &Path, path: &Path) -> Result<(u32, u32), Fail> {
    let failed = |error: std::io::Error| {
        Fail::new(format!(
            "cannot keep a membership in {}: {error}; run as root or as the sensor's user, or name \
             the sensor's folder: --state DIR",
            path.display()
        ))
    };
    let folder = path.parent().unwrap_or(state);
    std::fs::create_dir_all(folder).map_err(failed)?;
    let probe = path.with_extension("probe");
    std::fs::write(&probe, "").and_then(|()| std::fs::remove_file(&probe)).map_err(failed)?;
    let of = std::fs::metadata(state).map_err(failed)?;
    Ok((of.uid(), of.gid()))
}

/// What root has made for a sensor of another user is that user's.
fn give(path: &Path, (uid, gid): (u32, u32)) -> Result<(), Fail> {
    let given = [path.parent(), Some(path)].into_iter().flatten().try_for_each(|path| {
        let of = std::fs::metadata(path)?;
        if (of.uid(), of.gid()) == (uid, gid) { Ok(()) } else { chown(path, Some(uid), Some(gid)) }
    });
    given.map_err(|error| {
        Fail::new(format!("the sensor's user cannot read {}: {error}", path.display()))
    })
}

/// A running sensor learns of it; without one nothing is wrong.
fn reload(args: &JoinArgs) {
    let start = format!("ostium sensor --interface NAME --state {}", args.state.display());
    let asked = Client::connect(&args.socket).and_then(|mut client| client.ask(&Ask::Reload));
    match asked {
        Ok(Answer::Done { said }) => say(format_args!("the running sensor: {said}")),
        Ok(Answer::Refused { why }) => {
            say(format_args!("the running sensor does not read it: {why}; start it anew: {start}"))
        }
        Err(ClientError::Nobody { .. }) => say(format_args!("no sensor runs; start it: {start}")),
        Ok(_) => say(format_args!("the running sensor answers something else; start it anew")),
        Err(error) => say(format_args!("{error}; start the sensor anew")),
    }
}

/// An error with all that led to it.
fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // Some say what led to them themselves.
        if !text.contains(&said) {
            // Writing to a string cannot fail.
            write!(text, ": {said}").ok();
        }
        cause = error.source();
    }
    text
}
