//! The part of a host inside that sends a small datagram and waits until it comes back, many times
//! one after the other.

use std::error::Error;
use std::io::Write as _;
use std::net::{Ipv4Addr, UdpSocket};
use std::time::{Duration, Instant};

use super::answer::ECHO;
use super::gateway::OUTSIDE;

const PATIENCE: Duration = Duration::from_millis(500);
/// Tries before the first is measured: who answers may have to start, and ways to be found.
const TRIES: usize = 200;

/// `COUNT PAUSE`: so many round trips, with a pause of so many microseconds between them. Writes
/// a line for each: nanoseconds, or that it was lost.
pub(super) fn play(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let &[count, pause] = words else {
        return Err("two words are wanted".into());
    };
    let (count, pause): (usize, u64) = (count.parse()?, pause.parse()?);
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.connect((OUTSIDE, ECHO))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    // Before it listens a refusal comes back at once.
    let answers = |_| match trip(&socket, u64::MAX) {
        Some(_) => true,
        None => {
            std::thread::sleep(Duration::from_millis(20));
            false
        }
    };
    if !(0..TRIES).any(answers) {
        return Err("the host outside does not answer".into());
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for number in 0..count {
        match trip(&socket, number as u64) {
            Some(time) => writeln!(out, "{}", time.as_nanos())?,
            None => writeln!(out, "lost")?,
        }
        std::thread::sleep(Duration::from_micros(pause));
    }
    Ok(out.flush()?)
}

/// The time of one round trip; `None` when it does not come back.
fn trip(socket: &UdpSocket, number: u64) -> Option<Duration> {
    let (sent, mut got) = (number.to_be_bytes(), [0; 8]);
    let begun = Instant::now();
    socket.send(&sent).ok()?;
    loop {
        socket.recv(&mut got).ok()?;
        // One that was given up may still come.
        if got == sent {
            return Some(begun.elapsed());
        }
    }
}
