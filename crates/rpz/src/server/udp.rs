//! Questions in datagrams: the serial, and refusals.

use std::io::ErrorKind;
use std::net::UdpSocket;

use super::stats::add;
use super::{LOOK, Shared, now};
use crate::query::{Transport, answer};

/// Longer datagrams are cut, and are no questions then.
const LONGEST: usize = 4096;

pub(super) fn run(shared: &Shared, socket: &UdpSocket) {
    let mut buffer = [0; LONGEST];
    while !shared.stopping() {
        let (len, from) = match socket.recv_from(&mut buffer) {
            Ok(got) => got,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                continue;
            }
            Err(_) => {
                add(&shared.stats.failed);
                // A socket that fails for ever must not take a core.
                std::thread::sleep(LOOK);
                continue;
            }
        };
        let bytes = buffer.get(..len).unwrap_or_default();
        let (zone, now) = (shared.zone(), now());
        let (kind, answer) = answer(bytes, from.ip(), Transport::Udp, &zone, &shared.peers, now);
        shared.stats.count(kind);
        for message in answer.messages(now) {
            if socket.send_to(&message, from).is_err() {
                add(&shared.stats.failed);
            }
        }
    }
}
