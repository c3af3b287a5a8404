//! The part of a host inside that shows something known, and looks how long it gets away with it.
//!
//! A block is seen by silence: datagrams come from the address all the time, and the last that came
//! after the request tells when it was over. One clock measures, that of this process. A reset is
//! seen by the socket that it ends.

use std::error::Error;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use super::answer::{CONTROL, SILENT};
use super::gateway::{OUTSIDE, after};
use super::hello::hello;

/// What is known, by its name.
pub(super) const NAME: &str = "c2.example";

/// What shows that it is somebody known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The host of an HTTP request.
    Http,
    /// The server's name in a TLS hello.
    Tls,
    /// The address of a first datagram.
    Address,
}

/// So long nothing came: it was over before.
const SILENCE: Duration = Duration::from_millis(100);
/// Longer is not waited.
const LATEST: Duration = Duration::from_millis(800);
const PATIENCE: Duration = Duration::from_secs(1);
/// Where a datagram shows an address.
const ODD: u16 = 4444;

/// `SHOWN blocked|reset FIRST COUNT`: a trial with each of so many addresses. Writes a line for
/// each: nanoseconds, or that nothing came of it.
pub(super) fn play(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let &[shown, wanted, first, count] = words else {
        return Err("four words are wanted".into());
    };
    let shown = Shown::read(shown).ok_or("nothing is shown so")?;
    let (first, count): (Ipv4Addr, usize) = (first.parse()?, count.parse()?);
    let mut control = Control::new()?;
    for number in 0..count {
        let to = after(first, number);
        let came = match wanted {
            "reset" => until_reset(shown, to, number),
            _ => until_silent(&mut control, shown, to, number),
        };
        match came {
            Ok(Some(time)) => println!("{}", time.as_nanos()),
            Ok(None) => println!("nothing came of it"),
            Err(error) => println!("failed: {error}"),
        }
    }
    Ok(())
}

/// The conversation in which streams are ordered.
struct Control {
    lines: BufReader<TcpStream>,
}

// === impl Control ===

impl Control {
    fn new() -> std::io::Result<Self> {
        let stream = TcpStream::connect((OUTSIDE, CONTROL))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { lines: BufReader::new(stream) })
    }

    fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.lines.get_mut().write_all(line.as_bytes())?;
        self.lines.read_line(&mut String::new()).map(drop)
    }
}

/// Time from the request to the last datagram that came from there; `None` when they go on.
fn until_silent(
    control: &mut Control,
    shown: Shown,
    to: Ipv4Addr,
    number: usize,
) -> std::io::Result<Option<Duration>> {
    let stream = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    let port = stream.local_addr()?.port();
    stream.set_read_timeout(Some(PATIENCE))?;
    control.say(&format!("{to} {port}\n"))?;
    stream.recv(&mut [0; 32])?;
    let call = Call::new(shown, to, number)?;
    // The sensor hears in turns of some milliseconds: trials begin anywhere in them.
    let turn = Duration::from_micros(number as u64 * 7919 % 8000);
    let pause = Instant::now() + Duration::from_millis(10) + turn;
    while Instant::now() < pause {
        stream.recv(&mut [0; 32])?;
    }
    stream.set_read_timeout(Some(SILENCE))?;
    let begun = Instant::now();
    call.go()?;
    let mut last = Duration::ZERO;
    let came = loop {
        match stream.recv(&mut [0; 32]) {
            Ok(_) => last = begun.elapsed(),
            Err(error) if is_late(&error) => break Some(last),
            Err(error) => return Err(error),
        }
        if last > LATEST {
            break None;
        }
    };
    control.say("stop\n")?;
    Ok(came)
}

/// Time from the request until this end is told that the other has hung up.
fn until_reset(shown: Shown, to: Ipv4Addr, number: usize) -> std::io::Result<Option<Duration>> {
    let mut call = Call::new(shown, to, number)?;
    std::thread::sleep(Duration::from_micros(10_000 + number as u64 * 7919 % 8000));
    let begun = Instant::now();
    call.go()?;
    let Call::Request(stream, _) = &mut call else {
        return Err(ErrorKind::Unsupported.into());
    };
    stream.set_read_timeout(Some(LATEST))?;
    match stream.read(&mut [0; 32]) {
        Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(Some(begun.elapsed())),
        Err(error) if is_late(&error) => Ok(None),
        Err(error) => Err(error),
        Ok(_) => Ok(None),
    }
}

fn is_late(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// A call that is ready to be made.
enum Call {
    Request(TcpStream, Vec<u8>),
    Datagram(UdpSocket),
}

// === impl Call ===

impl Call {
    fn new(shown: Shown, to: Ipv4Addr, number: usize) -> std::io::Result<Self> {
        let name = format!("n{number}.{NAME}");
        let [web, tls] = SILENT;
        let (port, words) = match shown {
            Shown::Http => {
                (web, format!("GET /news HTTP/1.1\r\nHost: {name}\r\n\r\n").into_bytes())
            }
            Shown::Tls => (tls, hello(&name)),
            Shown::Address => {
                let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
                socket.connect((to, ODD))?;
                return Ok(Self::Datagram(socket));
            }
        };
        let stream = TcpStream::connect_timeout(&SocketAddr::new(to.into(), port), PATIENCE)?;
        stream.set_nodelay(true)?;
        Ok(Self::Request(stream, words))
    }

    fn go(&self) -> std::io::Result<()> {
        match self {
            Self::Request(stream, words) => (&*stream).write_all(words),
            Self::Datagram(socket) => socket.send(b"here I am").map(drop),
        }
    }
}

// === impl Shown ===

impl Shown {
    const ALL: [Self; 3] = [Self::Http, Self::Tls, Self::Address];

    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tls => "tls",
            Self::Address => "address",
        }
    }

    fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shown| shown.word() == word)
    }
}
