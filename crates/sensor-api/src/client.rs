//! Asking a sensor.

use std::path::Path;

use ostium_control::{ClientError, Service};

use crate::{Answer, Ask};

/// What its errors call it.
static SENSOR: Service = Service { name: "sensor", start: "ostium sensor --interface NAME" };

/// A conversation with a sensor.
#[derive(Debug)]
pub struct Client(ostium_control::Client);

// === impl Client ===

impl Client {
    /// Connects to the sensor that listens there.
    ///
    /// # Errors
    /// When nobody listens, or this user may not ask.
    pub fn connect(path: &Path) -> Result<Self, ClientError> {
        ostium_control::Client::connect(path, &SENSOR).map(Self)
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When the sensor goes away, or answers something else.
    pub fn ask(&mut self, ask: &Ask) -> Result<Answer, ClientError> {
        self.0.ask(ask)
    }
}
