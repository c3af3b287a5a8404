//! Asking a hub.

use std::path::Path;

use ostium_control::{Client, Service};
use ostium_hub::control::{Answer, Ask};

use crate::fail::Fail;

/// What its errors call it.
static HUB: Service = Service { name: "hub", start: "ostium hub" };

/// Asks the hub that listens there.
pub(super) fn ask(socket: &Path, question: &Ask) -> Result<Answer, Fail> {
    let answer = Client::connect(socket, &HUB).and_then(|mut client| client.ask(question));
    match answer.map_err(|error| Fail::new(error.to_string()))? {
        Answer::Refused { why } => Err(Fail::new(why)),
        answer => Ok(answer),
    }
}

pub(super) fn strange() -> Fail {
    Fail::new("the hub answers something else; is it of another version?")
}
