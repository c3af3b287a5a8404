//! The unix socket: who asks gets an answer, one line each way.

use std::fs::{self, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use ostium_sensor_api::{Answer, Ask, LONGEST_QUESTION};

use crate::inbox::{Letter, Slot};
use crate::status::Board;

/// Clients at one time.
const CLIENTS: usize = 16;
/// A client that says nothing for so long is sent away.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes sure that no other sensor listens at `path`.
///
/// # Errors
/// When one does.
pub(crate) fn is_free(path: &Path) -> io::Result<()> {
    match UnixStream::connect(path) {
        Ok(_) => Err(io::Error::new(io::ErrorKind::AddrInUse, "another sensor listens there")),
        Err(_) => Ok(()),
    }
}

/// Listens at `path`, which a sensor that died may have left behind.
///
/// # Errors
/// When another sensor listens there, or the folder is missing or not writable.
pub(crate) fn listen(path: &Path, board: Arc<Board>, slot: Slot) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    is_free(path)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    // Whoever may write to it can block: the owner and the group, nobody else.
    fs::set_permissions(path, Permissions::from_mode(0o660))?;
    let clients = Arc::new(AtomicUsize::new(0));
    std::thread::Builder::new().name("control".to_owned()).spawn(move || {
        for client in listener.incoming().flatten() {
            if clients.fetch_add(1, Ordering::SeqCst) >= CLIENTS {
                clients.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            let (board, slot, clients) = (Arc::clone(&board), slot.clone(), Arc::clone(&clients));
            std::thread::spawn(move || {
                // A client that goes away is no trouble of ours.
                serve(client, &board, &slot).ok();
                clients.fetch_sub(1, Ordering::SeqCst);
            });
        }
    })?;
    Ok(())
}

fn serve(client: UnixStream, board: &Board, slot: &Slot) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let mut client = BufReader::new(client);
    loop {
        let mut line = Vec::new();
        client.by_ref().take(LONGEST_QUESTION).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(());
        }
        let answer = answer(&line, board, slot);
        let mut text = serde_json::to_vec(&answer)?;
        text.push(b'\n');
        client.get_mut().write_all(&text)?;
        if !line.ends_with(b"\n") {
            return Ok(());
        }
    }
}

/// The status is read off the board; all else is for the main thread.
fn answer(line: &[u8], board: &Board, slot: &Slot) -> Answer {
    let ask = match serde_json::from_slice::<Ask>(line) {
        Ok(Ask::Status) => return Answer::Status(Box::new(board.read())),
        Ok(ask) => ask,
        Err(error) => return refused(format!("this is no question: {error}")),
    };
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
