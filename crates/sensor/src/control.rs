//! What is asked over the socket gets its answer here.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use ostium_sensor_api::{Answer, Ask};

use crate::inbox::{Letter, Slot};
use crate::status::Board;

/// What the service is called.
const WHO: &str = "sensor";
/// The main thread answers within this time.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes sure that no other sensor listens at `path`.
///
/// # Errors
/// When one does.
pub(crate) fn is_free(path: &Path) -> io::Result<()> {
    ostium_control::is_free(path, WHO)
}

/// Listens at `path`, which a sensor that died may have left behind.
///
/// # Errors
/// When another sensor listens there, or the folder is missing or not writable.
pub(crate) fn listen(path: &Path, board: Arc<Board>, slot: Slot) -> io::Result<()> {
    ostium_control::listen(path, WHO, move |ask, _| match ask {
        Ok(ask) => answer(ask, &board, &slot),
        Err(why) => refused(why),
    })
}

/// The status is read off the board; all else is for the main thread.
fn answer(ask: Ask, board: &Board, slot: &Slot) -> Answer {
    if ask == Ask::Status {
        return Answer::Status(Box::new(board.read()));
    }
    let (sender, receiver) = sync_channel(1);
    if !slot.put(Letter::Ask(ask, sender)) {
        return refused("the sensor is ending".to_owned());
    }
    let late = |_| refused("the sensor is too busy to answer; ask again".to_owned());
    receiver.recv_timeout(PATIENCE).unwrap_or_else(late)
}

const fn refused(why: String) -> Answer {
    Answer::Refused { why }
}
