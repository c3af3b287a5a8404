//! The outside: the other end of what a scenario's bots call. It answers names, and every port that
//! a bot calls, as the bot expects. Bias: hostile input ends a talk and no more; connections at
//! once and in all, sockets, talks and questions are bounded.

mod doors;
mod known;
mod names;
mod peers;
mod talk;

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU32, AtomicUsize};

use ostium_event::Timestamp;
use ostium_synth::World;
use ostium_synth::habit::{Flood, Habit};
use ostium_synth::speech::Rng;
use socket2::{Domain, Protocol, Socket, Type};

use self::known::{Known, Manner};
use crate::bots::Other;
use crate::error::LiveError;
use crate::pace::{Pace, SLICE};
use crate::permit::{Permit, Surroundings};
use crate::plan::Part;
use crate::tally::{Report, Row, Tally};
use crate::{Watch, Wishes};

/// What all doors of the outside share.
pub(crate) struct Ground<'a> {
    pub(crate) pace: Pace<'a>,
    pub(crate) known: Known,
    pub(crate) wishes: &'a Wishes,
    pub(crate) seed: u64,
    /// When the world begins.
    pub(crate) start: Timestamp,
    /// Connections that are left, and those that are open.
    pub(crate) left: AtomicU32,
    pub(crate) open: AtomicUsize,
}

/// A socket that listens, and what it counts.
struct Door {
    at: SocketAddr,
    socket: Opened,
    tally: Tally,
}

enum Opened {
    Tcp(TcpListener, Manner),
    Names(UdpSocket),
    Peer(UdpSocket),
    Sink(UdpSocket),
}

/// The most sockets that listen.
const MOST_DOORS: usize = 300;
const BACKLOG: i32 = 128;

/// Plays the outside of a world until it is over; what was asked of it.
///
/// # Errors
///
/// When it is not safe here, or a port cannot be had.
pub fn play(world: &World, wishes: &Wishes, watch: Watch<'_>) -> Result<Report, LiveError> {
    wishes.check()?;
    let parts = Part::all(world, wishes)?;
    Permit::of(&Surroundings::look(), &wishes.outside, None)?;
    let known = Known::of(&parts, world.seed);
    let doors = open(&parts, &known, world.seed, wishes)?;
    let pace = Pace::begin((wishes.length, wishes.pace), world.start, watch.stop);
    let ground = Ground {
        pace,
        known,
        wishes,
        seed: world.seed,
        start: world.start,
        left: AtomicU32::new(wishes.most_connections),
        open: AtomicUsize::new(0),
    };
    (watch.tell)(&format!(
        "the outside listens on {} sockets for {} s; Ctrl-C ends it",
        doors.len(),
        wishes.length.as_secs_f64()
    ));
    std::thread::scope(|scope| {
        for (n, door) in doors.iter().enumerate() {
            let (ground, rng) = (&ground, Rng::fork(world.seed, &format!("outside/{n}")));
            let (at, tally) = (door.at, &door.tally);
            let run = move || match &door.socket {
                Opened::Tcp(listener, manner) => {
                    doors::serve(scope, ground, (listener, at, *manner), tally, rng);
                }
                Opened::Names(socket) => names::serve(ground, socket, tally, rng),
                Opened::Peer(socket) => peers::serve(ground, socket, tally, rng),
                Opened::Sink(socket) => peers::swallow(ground, socket, tally),
            };
            let started = std::thread::Builder::new().spawn_scoped(scope, run);
            if let Err(error) = started {
                watch.stop.store(true, std::sync::atomic::Ordering::Relaxed);
                return Err(LiveError::System("start a thread", error));
            }
        }
        Ok(())
    })?;
    let seconds = ground.pace.passed().as_secs_f64();
    let mut rows: Vec<Row> = doors.iter().map(Door::row).collect();
    rows.retain(|row| row.counts.tries > 0);
    Ok(Report { seconds, rows })
}

/// Opens all sockets, before anything is answered.
fn open(parts: &[Part], known: &Known, seed: u64, wishes: &Wishes) -> Result<Vec<Door>, LiveError> {
    let mut doors = Vec::new();
    let names = wishes.port(wishes.port_dns);
    let (ports, peers) = (known.ports(), peers_of(parts, seed, wishes));
    let count = wishes.outside.len() * (ports.len() + 2) + peers.len();
    if count > MOST_DOORS {
        return Err(LiveError::TooMany(count, MOST_DOORS));
    }
    for addr in &wishes.outside {
        let at = SocketAddr::new(*addr, names);
        doors.push(Door::new(at, Opened::Names(datagrams(at)?)));
        doors.push(Door::new(at, Opened::Tcp(listen(at)?, Manner::Names)));
        for (port, manner) in &ports {
            let at = SocketAddr::new(*addr, wishes.port(*port));
            // Names are more important than whatever else is called there.
            if at.port() != names {
                doors.push(Door::new(at, Opened::Tcp(listen(at)?, *manner)));
            }
        }
    }
    for (at, answers) in peers {
        let taken = doors.iter().any(|door| door.at == at && !door.is_tcp());
        if !taken {
            let socket = datagrams(at)?;
            let socket = if answers { Opened::Peer(socket) } else { Opened::Sink(socket) };
            doors.push(Door::new(at, socket));
        }
    }
    Ok(doors)
}

/// Others of overlays that are alive, and targets of floods, which swallow all.
fn peers_of(parts: &[Part], seed: u64, wishes: &Wishes) -> Vec<(SocketAddr, bool)> {
    let mut all = Vec::new();
    for part in parts {
        match &part.habit {
            Habit::Overlay(overlay) => {
                let others = Other::all(overlay, seed, wishes);
                all.extend(others.iter().filter(|o| o.alive).map(|other| (other.at, true)));
            }
            Habit::Flooder(flooder) if flooder.flood == Flood::Udp => {
                let port = wishes.port(flooder.port);
                all.extend(wishes.outside.iter().map(|a| (SocketAddr::new(*a, port), false)));
            }
            _ => {}
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}

fn listen(at: SocketAddr) -> Result<TcpListener, LiveError> {
    let open = || {
        let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_reuse_address(true)?;
        socket.bind(&at.into())?;
        socket.listen(BACKLOG)?;
        // The kernel lets accept wait no longer than this, so that the end is noticed.
        socket.set_read_timeout(Some(SLICE))?;
        Ok(socket.into())
    };
    open().map_err(|error| LiveError::Listen(at, error))
}

fn datagrams(at: SocketAddr) -> Result<UdpSocket, LiveError> {
    let open = || {
        let socket = UdpSocket::bind(at)?;
        socket.set_read_timeout(Some(SLICE))?;
        Ok(socket)
    };
    open().map_err(|error| LiveError::Listen(at, error))
}

// === impl Door ===

impl Door {
    fn new(at: SocketAddr, socket: Opened) -> Self {
        Self { at, socket, tally: Tally::default() }
    }

    const fn is_tcp(&self) -> bool {
        matches!(self.socket, Opened::Tcp(..))
    }

    fn row(&self) -> Row {
        let what = match self.socket {
            Opened::Tcp(_, manner) => manner.name(),
            Opened::Names(_) => "names",
            Opened::Peer(_) => "others of an overlay",
            Opened::Sink(_) => "target of a flood",
        };
        let transport = if self.is_tcp() { "tcp" } else { "udp" };
        Row {
            who: self.at.ip().to_string(),
            what: what.to_owned(),
            kind: format!("{}/{transport}", self.at.port()),
            counts: self.tally.counts(),
        }
    }
}
