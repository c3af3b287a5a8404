//! Questions in streams: each message behind its length in two bytes (RFC 1035, section 4.2.2).

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::stats::add;
use super::{LOOK, Shared, instant, lock, now};
use crate::query::{Answer, Transport, answer};

/// No question for this zone is longer, in bytes.
const LONGEST: usize = 4096;

pub(super) fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    let mut number = 0;
    loop {
        let got = listener.accept();
        if shared.stopping() {
            return;
        }
        let Ok((stream, from)) = got else {
            add(&shared.stats.failed);
            // No more files may be open: nothing to do but to wait.
            std::thread::sleep(LOOK);
            continue;
        };
        number += 1;
        if !admit(shared, number, &stream, from.ip()) {
            add(&shared.stats.turned_away);
            continue;
        }
        let own = Arc::clone(shared);
        let thread = std::thread::Builder::new().name("rpz-connection".to_owned());
        let thread = thread.spawn(move || {
            // However it ends, its place is free again.
            let _place = Place { shared: &own, number };
            if talk(&own, &stream, from.ip()).is_err() {
                add(&own.stats.too_slow);
            }
        });
        if thread.is_err() {
            add(&shared.stats.failed);
            lock(&shared.open).remove(&number);
        }
    }
}

/// The place of a connection among those that are open.
struct Place<'a> {
    shared: &'a Shared,
    number: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(stream) = lock(&self.shared.open).remove(&self.number) {
            // Connections that stop has not seen are ended here.
            stream.shutdown(Shutdown::Both).ok();
        }
    }
}

/// Takes a place for a connection, if one is free.
fn admit(shared: &Shared, number: u64, stream: &TcpStream, from: IpAddr) -> bool {
    let most = shared.limits.connections;
    let most = if shared.peers.knows(from) { most } else { most / 2 };
    let mut open = lock(&shared.open);
    let Ok(copy) = stream.try_clone() else { return false };
    open.len() < most && open.insert(number, copy).is_none()
}

/// Answers question after question. An end between two of them is no error.
fn talk(shared: &Shared, stream: &TcpStream, from: IpAddr) -> io::Result<()> {
    let end = instant() + shared.limits.patience;
    loop {
        let by = end.min(instant() + shared.limits.idle);
        let Some(question) = read_message(stream, by)? else { return Ok(()) };
        let zone = shared.zone();
        let peers = &shared.peers;
        let (kind, answer) = answer(&question, from, Transport::Tcp, &zone, peers, now());
        shared.stats.count(kind);
        match answer {
            Answer::Silence => return Ok(()),
            Answer::One(message) => write_message(stream, &message, end)?,
            Answer::Transfer(mut transfer) => {
                while let Some(message) = transfer.next(now()) {
                    write_message(stream, &message, end)?;
                }
            }
        }
        if shared.stopping() {
            return Ok(());
        }
    }
}

fn read_message(stream: &TcpStream, by: Instant) -> io::Result<Option<Vec<u8>>> {
    let mut head = [0; 2];
    match read_exact(stream, &mut head, by) {
        Ok(0) => return Ok(None),
        Ok(_) => {}
        // Nobody asks any more.
        Err((0, error)) if is_late(&error) => return Ok(None),
        Err((_, error)) => return Err(error),
    }
    let len = usize::from(u16::from_be_bytes(head));
    if len > LONGEST {
        return Err(io::Error::new(ErrorKind::InvalidData, "too long for a question"));
    }
    let mut message = vec![0; len];
    match read_exact(stream, &mut message, by) {
        Ok(got) if got == len => Ok(Some(message)),
        Ok(_) => Err(ErrorKind::UnexpectedEof.into()),
        Err((_, error)) => Err(error),
    }
}

/// Fills a buffer, however slowly it comes, but not beyond a time; 0 when the stream is at its
/// end before the first byte. With an error, how many bytes there were.
fn read_exact(
    mut stream: &TcpStream,
    into: &mut [u8],
    by: Instant,
) -> Result<usize, (usize, io::Error)> {
    let mut got = 0;
    while let Some(rest) = into.get_mut(got..).filter(|rest| !rest.is_empty()) {
        let wait = left(by).map_err(|error| (got, error))?;
        stream.set_read_timeout(Some(wait)).map_err(|error| (got, error))?;
        match stream.read(rest) {
            Ok(0) if got == 0 => return Ok(0),
            Ok(0) => return Err((got, ErrorKind::UnexpectedEof.into())),
            Ok(more) => got += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err((got, error)),
        }
    }
    Ok(got)
}

fn write_message(mut stream: &TcpStream, message: &[u8], by: Instant) -> io::Result<()> {
    let len = u16::try_from(message.len()).map_err(|_| io::Error::from(ErrorKind::InvalidData))?;
    let whole = [&len.to_be_bytes(), message].concat();
    let mut sent = 0;
    while let Some(rest) = whole.get(sent..).filter(|rest| !rest.is_empty()) {
        stream.set_write_timeout(Some(left(by)?))?;
        match stream.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(more) => sent += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The time that is left; an error when it is over.
fn left(by: Instant) -> io::Result<Duration> {
    let left = by.saturating_duration_since(instant());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn is_late(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}
