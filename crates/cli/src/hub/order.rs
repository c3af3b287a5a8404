//! Orders to a running hub.

use std::process::ExitCode;

use ostium_hub::control::{Answer, Ask, Case, Change, Decide};

use super::args::{BackupArgs, HubAt};
use super::ask::{ask, strange};
use crate::args::Format;
use crate::fail::Fail;
use crate::output::{pretty, print};

/// Decides on a destination.
pub(super) fn decide(
    decide: Decide,
    value: String,
    because: String,
    at: &HubAt,
) -> Result<ExitCode, Fail> {
    said(&Ask::Decide(Case { value, decide, because }), at)
}

/// Changes an organisation, a sensor, or the kill switch.
pub(super) fn change(change: Change, because: String, at: &HubAt) -> Result<ExitCode, Fail> {
    said(&Ask::Change { change, because }, at)
}

/// Has the hub copy what it knows.
pub(super) fn backup(args: &BackupArgs) -> Result<ExitCode, Fail> {
    let path = std::path::absolute(&args.file)
        .map_err(|error| Fail::new(format!("{}: {error}", args.file.display())))?;
    said(&Ask::Backup { path }, &args.at)
}

pub(super) fn said(question: &Ask, at: &HubAt) -> Result<ExitCode, Fail> {
    let answer = ask(&at.socket, question)?;
    match (&answer, at.format) {
        (Answer::Done { .. }, Format::Json) => print(&pretty(&answer)?)?,
        (Answer::Done { said }, Format::Table) => print(&format!("{said}\n"))?,
        _ => return Err(strange()),
    }
    Ok(ExitCode::SUCCESS)
}
