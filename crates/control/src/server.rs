//! Who asks gets an answer, one line each way.

use std::fs::{self, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{LONGEST_QUESTION, Peer};

/// Clients at one time.
const CLIENTS: usize = 16;
/// A client that says nothing for so long is sent away.
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes sure that nobody listens at `path`; `who` is what the service is called.
///
/// # Errors
/// When somebody does.
pub fn is_free(path: &Path, who: &str) -> io::Result<()> {
    match UnixStream::connect(path) {
        Ok(_) => {
            let why = format!("another {who} listens there");
            Err(io::Error::new(io::ErrorKind::AddrInUse, why))
        }
        Err(_) => Ok(()),
    }
}

/// Listens at `path`, where a service that died may have left its socket behind. Whatever is no
/// question reaches `answer` as the reason why.
///
/// # Errors
/// When another one listens there, or the folder is missing or not writable.
pub fn listen<Q, A>(
    path: &Path,
    who: &str,
    answer: impl Fn(Result<Q, String>, &Peer) -> A + Send + Sync + 'static,
) -> io::Result<()>
where
    Q: DeserializeOwned,
    A: Serialize,
{
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    is_free(path, who)?;
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    // Whoever may write to it gives orders: the owner and the group, nobody else.
    fs::set_permissions(path, Permissions::from_mode(0o660))?;
    let clients = Arc::new(AtomicUsize::new(0));
    let answer = Arc::new(answer);
    std::thread::Builder::new().name("control".to_owned()).spawn(move || {
        for client in listener.incoming().flatten() {
            if clients.fetch_add(1, Ordering::SeqCst) >= CLIENTS {
                clients.fetch_sub(1, Ordering::SeqCst);
                continue;
            }
            let (answer, clients) = (Arc::clone(&answer), Arc::clone(&clients));
            std::thread::spawn(move || {
                // A client that goes away is no trouble of ours.
                serve(client, &*answer).ok();
                clients.fetch_sub(1, Ordering::SeqCst);
            });
        }
    })?;
    Ok(())
}

fn serve<Q: DeserializeOwned, A: Serialize>(
    client: UnixStream,
    answer: &impl Fn(Result<Q, String>, &Peer) -> A,
) -> io::Result<()> {
    client.set_read_timeout(Some(PATIENCE))?;
    client.set_write_timeout(Some(PATIENCE))?;
    let peer = Peer::of(&client);
    let mut client = BufReader::new(client);
    loop {
        let mut line = Vec::new();
        client.by_ref().take(LONGEST_QUESTION).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(());
        }
        let question = serde_json::from_slice(&line);
        let question = question.map_err(|error| format!("this is no question: {error}"));
        let mut text = serde_json::to_vec(&answer(question, &peer))?;
        text.push(b'\n');
        client.get_mut().write_all(&text)?;
        if !line.ends_with(b"\n") {
            return Ok(());
        }
    }
}
