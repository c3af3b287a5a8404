//! The part of the host outside: it answers, at every address that leads to it.
//!
//! UDP echo; a TCP port that sends what it is asked for; two that hear and say nothing; and a
//! conversation in which a stream of datagrams from any address can be ordered, by whose silence a
//! block is seen.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::gateway::OUTSIDE;

/// Where datagrams come back from.
pub(super) const ECHO: u16 = 7;
/// Where streams are ordered.
pub(super) const CONTROL: u16 = 9;
/// Where bytes are fetched from.
pub(super) const FETCH: u16 = 8080;
/// Where nothing is said.
pub(super) const SILENT: [u16; 2] = [80, 443];
/// A stream sends about so often; the kernel's timers add some fifty microseconds.
const GAP: Duration = Duration::from_micros(150);
/// A stream that nobody stops ends after so long.
pub(super) const LONGEST: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(5);

/// What is to be fetched: `BYTES DELAY PIECES GAP` with times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) bytes: usize,
    /// Before the first byte.
    pub(super) delay: u64,
    /// So many writes.
    pub(super) pieces: usize,
    /// Between two of them.
    pub(super) gap: u64,
}

/// More is not sent, whoever asks.
const MOST: usize = 16 << 20;

/// Answers until the process is ended.
pub(super) fn play() -> Result<(), Box<dyn Error>> {
    let any = |port| TcpListener::bind((Ipv4Addr::UNSPECIFIED, port));
    for port in SILENT {
        let listener = any(port)?;
        thread::spawn(move || each(&listener, hear));
    }
    let fetch = any(FETCH)?;
    thread::spawn(move || each(&fetch, give));
    let control = TcpListener::bind((OUTSIDE, CONTROL))?;
    thread::spawn(move || each(&control, streams));
    // The last to be there: whoever hears an echo finds the others too.
    let echo = UdpSocket::bind((OUTSIDE, ECHO))?;
    let mut buffer = [0; 2048];
    loop {
        let (length, from) = echo.recv_from(&mut buffer)?;
        // What does not get back is missed by whoever waits for it.
        echo.send_to(buffer.get(..length).unwrap_or_default(), from).ok();
    }
}

/// A thread for each connection; how it ends is seen at the other end.
fn each(listener: &TcpListener, serve: fn(TcpStream) -> std::io::Result<()>) {
    for stream in listener.incoming().flatten() {
        thread::spawn(move || serve(stream));
    }
}

fn hear(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut buffer = [0; 2048];
    while stream.read(&mut buffer)? > 0 {}
    Ok(())
}

fn give(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut line = String::new();
    BufReader::new((&stream).take(100)).read_line(&mut line)?;
    let Some(order) = Order::read(&line) else {
        return Ok(());
    };
    let piece = vec![b'x'; order.bytes.min(MOST) / order.pieces];
    thread::sleep(Duration::from_millis(order.delay));
    for number in 0..order.pieces {
        if number > 0 {
            thread::sleep(Duration::from_millis(order.gap));
        }
        stream.write_all(&piece)?;
    }
    Ok(())
}

/// Orders are lines: `ADDRESS PORT` begins a stream from that address to that port of who asks, and
/// `stop` ends it. Each is answered by a line.
fn streams(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let to = stream.peer_addr()?;
    let mut stop = Arc::new(AtomicBool::new(false));
    for line in BufReader::new(stream.try_clone()?).lines() {
        let line = line?;
        stop.store(true, Ordering::Relaxed);
        if let Some((from, port)) = from_and_port(&line) {
            stop = Arc::new(AtomicBool::new(false));
            let socket = UdpSocket::bind((from, 0))?;
            let (to, stop) = (SocketAddr::new(to.ip(), port), Arc::clone(&stop));
            thread::spawn(move || send_on(&socket, to, &stop));
        }
        stream.write_all(b"done\n")?;
    }
    stop.store(true, Ordering::Relaxed);
    Ok(())
}

fn from_and_port(line: &str) -> Option<(Ipv4Addr, u16)> {
    let (from, port) = line.split_once(' ')?;
    Some((from.parse().ok()?, port.parse().ok()?))
}

fn send_on(socket: &UdpSocket, to: SocketAddr, stop: &AtomicBool) {
    let end = Instant::now() + LONGEST;
    while !stop.load(Ordering::Relaxed) && Instant::now() < end {
        // That nobody is there any more is no reason to stop before it is said.
        socket.send_to(&[0; 16], to).ok();
        thread::sleep(GAP);
    }
}

// === impl Order ===

impl Order {
    pub(super) fn line(self) -> String {
        format!("{} {} {} {}\n", self.bytes, self.delay, self.pieces, self.gap)
    }

    pub(super) fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let mut next = || words.next()?.parse::<u64>().ok();
        let (bytes, delay, pieces, gap) = (next()?, next()?, next()?, next()?);
        let (bytes, pieces) = (usize::try_from(bytes).ok()?, usize::try_from(pieces).ok()?);
        (pieces > 0).then_some(Self { bytes, delay, pieces, gap })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_a_line_and_back() {
        let order = Order { bytes: 100_000, delay: 10, pieces: 4, gap: 5 };
        assert_eq!(Order::read(&order.line()), Some(order));
        for line in ["", "1 2 3", "1 2 0 4", "1 2 x 4"] {
            assert_eq!(Order::read(line), None, "{line}");
        }
    }

    #[test]
    fn a_stream_is_ordered_by_address_and_port() {
        assert_eq!(from_and_port("198.18.0.1 99"), Some((Ipv4Addr::new(198, 18, 0, 1), 99)));
        assert_eq!(from_and_port("stop"), None);
    }
}
