//! Bots that open many connections at once: scanners, and floods. Bias: bounded hard, in packets of
//! a second and in all, whatever the scenario and the pace say.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ostium_event::{Addr, Timestamp};
use ostium_synth::habit::{Flood, Flooder, Scanner};
use ostium_synth::speech::Ask;
use socket2::Socket;

use super::Bot;
use crate::clock;
use crate::net::{Dialed, Trouble, look};
use crate::stage::Stage;

/// A scanner.
pub(super) struct Scanners {
    scanner: Scanner,
    volley: Volley,
}

/// A bot that floods, and its flood.
pub(super) struct Flooders {
    flooder: Flooder,
    volley: Volley,
    until: Option<Timestamp>,
    sent: u64,
}

/// Connections that are being opened.
#[derive(Default)]
struct Volley(VecDeque<(Socket, Instant)>);

/// Packets or connections of one bot in a real second, and packets of one flood in all.
const MOST_PER_SECOND: f64 = 200.0;
const MOST_IN_ALL: u64 = 20_000;
/// How long a connection may take, and how many may be opening.
const TAKES: Duration = Duration::from_secs(1);
const OPENING: usize = 128;
const DATAGRAM: usize = 512;

// === impl Volley ===

impl Volley {
    /// Begins a connection, and looks after those before.
    fn fire(&mut self, stage: &mut Stage<'_>, to: SocketAddr) {
        self.reap(stage);
        match stage.net.dial(to) {
            Ok(socket) => self.0.push_back((socket, clock::now())),
            Err(trouble) => stage.tally.note(&Err::<(), _>(trouble)),
        }
    }

    /// Counts and drops the connections that are open, failed or too old.
    fn reap(&mut self, stage: &Stage<'_>) {
        let full = self.0.len() >= OPENING;
        let mut first = true;
        self.0.retain(|(socket, begun)| {
            let old = begun.elapsed() >= TAKES || (full && std::mem::take(&mut first));
            let came = match look(socket) {
                Dialed::Open => Ok(()),
                Dialed::Failed(trouble) => Err(trouble),
                Dialed::Waiting if old => Err(Trouble::Silent),
                Dialed::Waiting => return true,
            };
            stage.tally.note(&came);
            false
        });
    }
}

/// When the next packet is due, by the rate of a scenario and the bound of this place.
fn soon(stage: &mut Stage<'_>, per_second: f64) -> Timestamp {
    let factor = stage.pace.factor();
    let real = (per_second * factor).clamp(0.001, MOST_PER_SECOND);
    let wait = stage.rng.exponential(1.0 / real).max(1.0 / MOST_PER_SECOND);
    stage.after(wait * factor)
}

// === impl Scanners ===

impl Scanners {
    pub(super) fn new(scanner: Scanner) -> Self {
        Self { scanner, volley: Volley::default() }
    }
}

impl Bot for Scanners {
    fn turn(&mut self, stage: &mut Stage<'_>) -> Option<Timestamp> {
        let (first, last) = stage.wishes.scan?.bounds();
        let wide = usize::try_from(last.bits() - first.bits()).unwrap_or(usize::MAX - 1);
        let addr = Addr::from_bits(first.bits() + stage.rng.size(0, wide) as u128);
        let port = stage.rng.pick(&self.scanner.ports);
        let to = SocketAddr::new(addr.into(), stage.wishes.port(port));
        self.volley.fire(stage, to);
        Some(soon(stage, self.scanner.per_second))
    }
}

// === impl Flooders ===

impl Flooders {
    pub(super) fn new(flooder: Flooder) -> Self {
        Self { flooder, volley: Volley::default(), until: None, sent: 0 }
    }

    fn fire(&mut self, stage: &mut Stage<'_>) {
        let flooder = &self.flooder;
        let to = match stage.place(&flooder.target) {
            Ok(addr) => SocketAddr::new(addr, stage.wishes.port(flooder.port)),
            Err(trouble) => return stage.tally.note(&Err::<(), _>(trouble)),
        };
        match flooder.flood {
            Flood::Syn => self.volley.fire(stage, to),
            Flood::Udp => {
                let bytes = stage.rng.bytes(DATAGRAM);
                let came = stage.net.datagrams(to).map(|socket| socket.send(&bytes));
                match came {
                    Ok(_) => stage.tally.sent(),
                    Err(trouble) => stage.tally.note(&Err::<(), _>(trouble)),
                }
            }
            Flood::Http => {
                let user_agent =
                    "Mozilla/5.0 (Windows NT 6.1; rv:45.0) Gecko/20100101 Firefox/45.0";
                let host = to.ip().to_string();
                let ask = Ask { host: &host, path: "/", user_agent, post: 0 };
                let came = stage.get((&host, flooder.port), &ask);
                stage.tally.note(&came);
            }
        }
    }
}

impl Bot for Flooders {
    fn turn(&mut self, stage: &mut Stage<'_>) -> Option<Timestamp> {
        let now = stage.pace.now();
        let until = *self.until.get_or_insert_with(|| now.plus(self.flooder.lasts));
        if now >= until {
            self.until = None;
            self.volley.reap(stage);
            let wait = stage.rng.exponential(self.flooder.every.secs_f64());
            return Some(stage.after(wait));
        }
        if self.sent >= MOST_IN_ALL {
            return None;
        }
        self.sent += 1;
        self.fire(stage);
        Some(soon(stage, self.flooder.per_second))
    }
}
