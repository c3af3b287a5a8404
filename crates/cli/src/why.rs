//! `ostium why`.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use ostium_report::{Document, Target, why};

use crate::args::{Format, WhyArgs};
use crate::fail::Fail;
use crate::output::{pretty, print};
use crate::sensor::why::Done;
use crate::{hub, sensor};

/// Runs the command.
pub(crate) fn run(args: &WhyArgs) -> Result<ExitCode, Fail> {
    let hub = || {
        let socket = args.socket.clone().unwrap_or_else(ostium_hub::control::default_socket);
        hub::show::why(&socket, &args.target, args.format)
    };
    if args.hub {
        return hub();
    }
    let (document, done) = match &args.report {
        Some(path) => (of_file(path)?, None),
        None => {
            let socket = args.socket.clone().unwrap_or_else(ostium_sensor_api::default_socket);
            match sensor::why::ask(&socket, &args.target) {
                // Without a sensor it may be a hub that is meant.
                Err(fail) if args.socket.is_none() => return hub().map_err(|_| fail),
                other => other?,
            }
        }
    };
    let words = words(&document, done.as_ref(), &args.target)?;
    let of = || Target::new(&args.target).of(&document);
    match (args.format, &done) {
        (Format::Table, _) => print(&words)?,
        (Format::Json, None) => print(&pretty(&of())?)?,
        (Format::Json, Some(Done { blocks, limits })) => {
            let all = serde_json::json!({ "report": of(), "blocks": blocks, "limits": limits });
            print(&pretty(&all)?)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The whole reasoning of the sensor that listens there, for people.
pub(crate) fn of_sensor(socket: &Path, target: &str) -> Result<String, Fail> {
    let (document, done) = sensor::why::ask(socket, target)?;
    words(&document, done.as_ref(), target)
}

/// The reasoning about a target, and what is done about it.
fn words(document: &Document, done: Option<&Done>, target: &str) -> Result<String, Fail> {
    let reasoning = why(document, &Target::new(target));
    if reasoning.is_none() && done.is_none_or(Done::is_empty) {
        return Err(Fail::new(format!(
            "the report says nothing of {target}: it is clean or was not seen (analyze --all keeps clean hosts)"
        )));
    }
    Ok(reasoning.unwrap_or_default() + &done.map(Done::text).unwrap_or_default())
}

fn of_file(path: &str) -> Result<Document, Fail> {
    let document: Document = serde_json::from_str(&read(path)?).map_err(|error| {
        Fail::new(format!(
            "{path} is no report ({error}); make one with: ostium analyze INPUT --format json"
        ))
    })?;
    if document.schema != "ostium.report/1" {
        return Err(Fail::new(format!(
            "{path} has schema '{}', this version reads ostium.report/1",
            document.schema
        )));
    }
    Ok(document)
}

fn read(path: &str) -> Result<String, Fail> {
    let failed = |error| Fail::new(format!("cannot read {path}: {error}"));
    if path != "-" {
        return std::fs::read_to_string(path).map_err(failed);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
