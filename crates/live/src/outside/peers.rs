//! Datagrams: others of an overlay, who answer, and targets of floods, who do not.

use std::net::UdpSocket;

use ostium_synth::speech::Rng;

use super::Ground;
use crate::net::{Trouble, is_late};
use crate::tally::Tally;

/// Bytes of an answer without and with addresses of others.
const ANSWER: usize = 44;
const LIST: (usize, usize) = (120, 330);

/// Answers everybody.
pub(super) fn serve(ground: &Ground<'_>, socket: &UdpSocket, tally: &Tally, mut rng: Rng) {
    let mut buffer = [0; 2048];
    while !ground.pace.is_over() {
        match socket.recv_from(&mut buffer) {
            Ok((_, from)) => {
                let length = if rng.chance(0.4) { rng.size(LIST.0, LIST.1) } else { ANSWER };
                let sent = socket.send_to(&rng.bytes(length), from);
                tally.note(&sent.map_err(|_| Trouble::Refused));
            }
            Err(error) if is_late(&error) => {}
            Err(_) => std::thread::sleep(crate::pace::SLICE),
        }
    }
}

/// Counts what comes.
pub(super) fn swallow(ground: &Ground<'_>, socket: &UdpSocket, tally: &Tally) {
    let mut buffer = [0; 2048];
    while !ground.pace.is_over() {
        match socket.recv_from(&mut buffer) {
            Ok(_) => tally.sent(),
            Err(error) if is_late(&error) => {}
            Err(_) => std::thread::sleep(crate::pace::SLICE),
        }
    }
}
