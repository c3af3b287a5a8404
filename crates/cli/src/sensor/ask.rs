//! Asking a sensor.

use std::path::Path;

use ostium_report::Document;
use ostium_sensor_api::{Answer, Ask, Client, Status};

use crate::fail::Fail;

/// Asks the sensor that listens there.
pub(crate) fn ask(socket: &Path, question: &Ask) -> Result<Answer, Fail> {
    let fail = |error: ostium_sensor_api::ClientError| Fail::new(error.to_string());
    match Client::connect(socket).and_then(|mut client| client.ask(question)).map_err(fail)? {
        Answer::Refused { why } => Err(Fail::new(why)),
        answer => Ok(answer),
    }
}

/// How it is doing.
pub(crate) fn status(socket: &Path) -> Result<Status, Fail> {
    match ask(socket, &Ask::Status)? {
        Answer::Status(status) => Ok(*status),
        _ => Err(strange()),
    }
}

/// The report on all that it heard.
pub(crate) fn report(socket: &Path) -> Result<Document, Fail> {
    match ask(socket, &Ask::Report)? {
        Answer::Report { report } => serde_json::from_value(report)
            .map_err(|error| Fail::new(format!("the sensor's report cannot be read: {error}"))),
        _ => Err(strange()),
    }
}

pub(crate) fn strange() -> Fail {
    Fail::new("the sensor answers something else; is it of another version?")
}
