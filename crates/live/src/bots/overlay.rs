//! A peer-to-peer bot: asks others over UDP from one port. The others live at the outside, each at
//! a port of its own; they are fewer than in a made-up world, because each is a socket there.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use ostium_event::Timestamp;
use ostium_synth::habit::Overlay;
use ostium_synth::speech::Rng;

use super::Bot;
use crate::Wishes;
use crate::clock;
use crate::net::{Trouble, is_late, of};
use crate::pace::SLICE;
use crate::stage::{Stage, pick};

/// A peer-to-peer bot, with its socket once it has one.
pub(super) struct Overlays {
    overlay: Overlay,
    known: Vec<usize>,
    socket: Option<UdpSocket>,
}

/// An other of a family.
pub(crate) struct Other {
    pub(crate) at: SocketAddr,
    pub(crate) alive: bool,
}

/// The most others of a family.
const MOST: usize = 64;
/// Bytes of a question.
const ASK: (usize, usize) = (32, 44);
/// How long an other may take.
const TAKES: Duration = Duration::from_millis(600);

// === impl Other ===

impl Other {
    /// One of a family.
    fn of(overlay: &Overlay, n: usize, seed: u64, wishes: &Wishes) -> Option<Self> {
        let thing = format!("{}/{n}", overlay.family);
        let mut chance = Rng::fork(seed, &thing);
        let port = chance.size(1024, 32_000) as u16;
        let at = SocketAddr::new(pick(&wishes.outside, seed, &thing)?, wishes.port(port));
        Some(Self { at, alive: chance.chance(overlay.alive) })
    }

    /// All of a family.
    pub(crate) fn all(overlay: &Overlay, seed: u64, wishes: &Wishes) -> Vec<Self> {
        let count = overlay.peers.0.min(MOST);
        (0..count).filter_map(|n| Self::of(overlay, n, seed, wishes)).collect()
    }
}

// === impl Overlays ===

impl Overlays {
    pub(super) const fn new(overlay: Overlay) -> Self {
        Self { overlay, known: Vec::new(), socket: None }
    }

    /// Its own socket, at its own port where that is free.
    fn open(&self, stage: &Stage<'_>) -> Result<UdpSocket, Trouble> {
        let own = SocketAddr::new(stage.net.source, stage.wishes.port(self.overlay.port));
        let any = SocketAddr::new(stage.net.source, 0);
        let open = || {
            let socket = UdpSocket::bind(own).or_else(|_| UdpSocket::bind(any))?;
            socket.set_read_timeout(Some(SLICE))?;
            Ok(socket)
        };
        open().map_err(|error: std::io::Error| of(&error))
    }

    fn ask(&mut self, stage: &mut Stage<'_>, n: usize) -> Result<(), Trouble> {
        let other = Other::of(&self.overlay, n, stage.seed, stage.wishes);
        let to = other.ok_or(Trouble::Forbidden)?.at;
        stage.net.may(to)?;
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => self.open(stage)?,
        };
        let length = stage.rng.size(ASK.0, ASK.1);
        let sent = socket.send_to(&stage.rng.bytes(length), to);
        let came = sent.map_err(|error| of(&error)).and_then(|_| hear(&socket, to, stage));
        self.socket = Some(socket);
        came
    }
}

/// Waits for an answer from there.
fn hear(socket: &UdpSocket, to: SocketAddr, stage: &Stage<'_>) -> Result<(), Trouble> {
    let (begun, mut buffer) = (clock::now(), [0; 2048]);
    while begun.elapsed() < TAKES {
        if stage.pace.is_over() {
            return Err(Trouble::Over);
        }
        match socket.recv_from(&mut buffer) {
            Ok((_, from)) if from == to => return Ok(()),
            Ok(_) => {}
            Err(error) if is_late(&error) => {}
            Err(error) => return Err(of(&error)),
        }
    }
    Err(Trouble::Silent)
}

impl Bot for Overlays {
    fn turn(&mut self, stage: &mut Stage<'_>) -> Option<Timestamp> {
        let next = self.overlay.sleep.after(&mut stage.rng, stage.pace.now());
        let (family, knows) = self.overlay.peers;
        if self.known.is_empty() {
            let family = family.min(MOST);
            self.known = (0..knows.min(MOST)).map(|_| stage.rng.below(family)).collect();
        }
        for _ in 0..self.overlay.asked.min(MOST) {
            let place = stage.rng.below(self.known.len());
            let other = *self.known.get(place)?;
            let came = self.ask(stage, other);
            stage.tally.note(&came);
            let pause = stage.rng.between(0.02, 0.6);
            if !stage.pace.wait_until(stage.after(pause)) {
                return None;
            }
        }
        Some(next)
    }
}
