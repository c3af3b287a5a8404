//! Every socket of a bot is opened here: to whom it may, from the address of its machine, and only
//! so many.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use crate::clock;
use crate::line::Line;
use crate::pace::{Pace, SLICE};
use crate::permit::Permit;

/// How a bot reaches the outside.
pub(crate) struct Net<'a> {
    pub(crate) permit: &'a Permit,
    pub(crate) pace: &'a Pace<'a>,
    /// Connections that are left to all.
    pub(crate) left: &'a AtomicU32,
    /// Where it speaks from.
    pub(crate) source: IpAddr,
}

/// Why something was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The run is over.
    Over,
    /// The name is not found.
    NoName,
    /// A closed port, or the network says no.
    Refused,
    /// Nobody answers in time.
    Silent,
    /// The other end broke off, or said nonsense.
    Cut,
    /// It is not allowed to call there.
    Forbidden,
    /// All connections are used up.
    Spent,
}

/// How a connection is doing that was begun.
pub(crate) enum Dialed {
    Waiting,
    Open,
    Failed(Trouble),
}

/// How long a server may take to answer the first packet.
pub(crate) const PATIENCE: Duration = Duration::from_secs(4);
/// Between two looks at a connection that is being opened.
const LOOK: Duration = Duration::from_millis(2);

// === impl Net ===

impl Net<'_> {
    /// Opens a connection and waits for it.
    pub(crate) fn connect(&self, to: SocketAddr) -> Result<Line, Trouble> {
        let socket = self.dial(to)?;
        let begun = clock::now();
        loop {
            match look(&socket) {
                Dialed::Open => return Line::of(socket.into()).map_err(|error| of(&error)),
                Dialed::Failed(trouble) => return Err(trouble),
                Dialed::Waiting if self.pace.is_over() => return Err(Trouble::Over),
                Dialed::Waiting if begun.elapsed() >= PATIENCE => return Err(Trouble::Silent),
                Dialed::Waiting => std::thread::sleep(LOOK),
            }
        }
    }

    /// Begins to open a connection.
    pub(crate) fn dial(&self, to: SocketAddr) -> Result<Socket, Trouble> {
        self.may(to)?;
        let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP));
        let socket = socket.map_err(|_| Trouble::Spent)?;
        let begin = || {
            socket.bind(&SocketAddr::new(self.source_for(to), 0).into())?;
            socket.set_nonblocking(true)?;
            match socket.connect(&to.into()) {
                Err(error) if is_under_way(&error) => Ok(()),
                other => other,
            }
        };
        begin().map_err(|error| of(&error))?;
        Ok(socket)
    }

    /// A socket for datagrams to `to` alone; it hears when nobody is there.
    pub(crate) fn datagrams(&self, to: SocketAddr) -> Result<UdpSocket, Trouble> {
        self.may(to)?;
        let open = || {
            let socket = UdpSocket::bind(SocketAddr::new(self.source_for(to), 0))?;
            socket.set_read_timeout(Some(SLICE))?;
            socket.connect(to)?;
            Ok(socket)
        };
        open().map_err(|error: io::Error| of(&error))
    }

    /// Asks once by a datagram, and waits for what `fits`.
    pub(crate) fn ask<T>(
        &self,
        socket: &UdpSocket,
        question: &[u8],
        patience: Duration,
        fits: impl Fn(&[u8]) -> Option<T>,
    ) -> Result<T, Trouble> {
        socket.send(question).map_err(|error| of(&error))?;
        let (begun, mut buffer) = (clock::now(), [0; 4096]);
        while begun.elapsed() < patience {
            if self.pace.is_over() {
                return Err(Trouble::Over);
            }
            match socket.recv(&mut buffer) {
                Ok(length) => {
                    if let Some(found) = fits(buffer.get(..length).unwrap_or_default()) {
                        return Ok(found);
                    }
                }
                Err(error) if is_late(&error) => {}
                Err(error) => return Err(of(&error)),
            }
        }
        Err(Trouble::Silent)
    }

    /// May it be called, and is anything left?
    pub(crate) fn may(&self, to: SocketAddr) -> Result<(), Trouble> {
        if !self.permit.allows(to.ip()) || to.port() == 0 {
            return Err(Trouble::Forbidden);
        }
        let taken = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        taken.map(|_| ()).map_err(|_| Trouble::Spent)
    }

    /// Its own address, or any where that is of the other family.
    fn source_for(&self, to: SocketAddr) -> IpAddr {
        match (self.source, to.ip()) {
            (IpAddr::V4(_), IpAddr::V4(_)) | (IpAddr::V6(_), IpAddr::V6(_)) => self.source,
            (_, IpAddr::V4(_)) => Ipv4Addr::UNSPECIFIED.into(),
            (_, IpAddr::V6(_)) => Ipv6Addr::UNSPECIFIED.into(),
        }
    }
}

/// How a connection is doing that was begun by [`Net::dial`].
pub(crate) fn look(socket: &Socket) -> Dialed {
    match socket.take_error() {
        Ok(None) if socket.peer_addr().is_ok() => Dialed::Open,
        Ok(None) => Dialed::Waiting,
        Ok(Some(error)) | Err(error) => Dialed::Failed(of(&error)),
    }
}

fn is_under_way(error: &io::Error) -> bool {
    // EINPROGRESS of Linux has no kind of its own in std.
    error.kind() == io::ErrorKind::WouldBlock || error.raw_os_error() == Some(115)
}

/// Nothing came in the time that a socket waits.
pub(crate) fn is_late(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut | Interrupted)
}

/// What an error of a socket means.
pub(crate) fn of(error: &io::Error) -> Trouble {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::TimedOut | Kind::WouldBlock => Trouble::Silent,
        Kind::ConnectionRefused
        | Kind::HostUnreachable
        | Kind::NetworkUnreachable
        | Kind::PermissionDenied => Trouble::Refused,
        Kind::AddrNotAvailable | Kind::AddrInUse => Trouble::Spent,
        _ => Trouble::Cut,
    }
}
