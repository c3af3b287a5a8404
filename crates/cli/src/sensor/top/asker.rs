//! Threads that ask the sensor, so that keys never wait for it.
//!
//! They ask for the status and the report and order nothing.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use ostium_sensor_api::{Answer, Ask, Client, Status};

use super::model::Said;
use crate::fail::Fail;
use crate::sensor::ask::strange;

/// A conversation with the sensor that is begun again when it breaks off.
#[derive(Debug)]
pub(super) struct Asker {
    socket: PathBuf,
    client: Option<Client>,
}

// === impl Asker ===

impl Asker {
    pub(super) fn new(socket: &Path) -> Self {
        Self { socket: socket.to_owned(), client: None }
    }

    /// How the sensor is doing.
    pub(super) fn status(&mut self) -> Result<Status, Fail> {
        if let Some(client) = self.client.take()
            && let Ok(status) = self.ask(client)
        {
            return Ok(status);
        }
        // A sensor sends away who was silent for a minute, or was started anew: that is no news.
        let client = Client::connect(&self.socket).map_err(|error| Fail::new(error.to_string()))?;
        self.ask(client)
    }

    fn ask(&mut self, mut client: Client) -> Result<Status, Fail> {
        match client.ask(&Ask::Status).map_err(|error| Fail::new(error.to_string()))? {
            Answer::Status(status) => {
                self.client = Some(client);
                Ok(*status)
            }
            Answer::Refused { why } => Err(Fail::new(why)),
            _ => Err(strange()),
        }
    }
}

/// Asks how the sensor is doing, again and again, until nobody listens.
pub(super) fn watch(mut asker: Asker, every: Duration, out: Sender<Said>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(every);
            let said = match asker.status() {
                Ok(status) => Said::Status(Box::new(status)),
                Err(fail) => Said::Gone(fail.to_string()),
            };
            if out.send(said).is_err() {
                return;
            }
        }
    })
}

/// Asks for the reasoning about the hosts that are wanted; of several the last.
pub(super) fn reason(socket: &Path, wanted: Receiver<String>, out: Sender<Said>) -> JoinHandle<()> {
    let socket = socket.to_owned();
    std::thread::spawn(move || {
        while let Ok(first) = wanted.recv() {
            let host = wanted.try_iter().last().unwrap_or(first);
            let text = match crate::why::of_sensor(&socket, &host) {
                Ok(text) => text,
                Err(fail) => fail.to_string(),
            };
            if out.send(Said::Why(host, text)).is_err() {
                return;
            }
        }
    })
}
