//! Doors: a socket that listens, and a thread for each connection, so many at once and in all.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, Scope};

use ostium_synth::speech::Rng;

use super::Ground;
use super::known::Manner;
use super::talk::talk;
use crate::line::Line;
use crate::net::{Trouble, is_late, of};
use crate::pace::SLICE;
use crate::tally::Tally;

/// The most connections that are open at once.
const MOST_AT_ONCE: usize = 512;

/// A connection that counts as open until it is dropped.
struct Guest<'a>(&'a AtomicUsize);

/// Lets callers in until all is over.
pub(super) fn serve<'scope>(
    scope: &'scope Scope<'scope, '_>,
    ground: &'scope Ground<'_>,
    (listener, at, manner): (&TcpListener, SocketAddr, Manner),
    tally: &'scope Tally,
    mut rng: Rng,
) {
    while !ground.pace.is_over() {
        match listener.accept() {
            Ok((stream, _)) => {
                let Some(guest) = admit(ground) else {
                    tally.note(&Err::<(), _>(Trouble::Spent));
                    continue;
                };
                let chance = Rng::new(rng.next());
                let run = move || {
                    let _guest = guest;
                    meet(ground, stream, (at, manner), tally, chance);
                };
                if Builder::new().spawn_scoped(scope, run).is_err() {
                    tally.note(&Err::<(), _>(Trouble::Spent));
                }
            }
            Err(error) if is_late(&error) => {}
            // Out of descriptors, most likely: it gets better when others hang up.
            Err(_) => std::thread::sleep(SLICE),
        }
    }
}

/// Room for one more?
fn admit<'a>(ground: &'a Ground<'_>) -> Option<Guest<'a>> {
    let less = |left: u32| left.checked_sub(1);
    ground.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).ok()?;
    let more = |open: usize| (open < MOST_AT_ONCE).then_some(open + 1);
    ground.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
    Some(Guest(&ground.open))
}

fn meet(
    ground: &Ground<'_>,
    stream: TcpStream,
    (at, manner): (SocketAddr, Manner),
    tally: &Tally,
    mut rng: Rng,
) {
    let port = at.port().saturating_sub(ground.wishes.add_to_ports);
    let came = Line::of(stream)
        .map_err(|error| of(&error))
        .and_then(|line| talk(ground, line, (port, manner), tally, &mut rng));
    // What was answered is counted by the talk; here only those who never came so far.
    if let Err(trouble) = came {
        tally.note(&Err::<(), _>(trouble));
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
