//! Tells one resolver when the serial has risen (RFC 1996).
//!
//! Bias: the newest serial only; one that was overtaken while nobody answered is not told again.
//! A resolver that never answers is no fault of the zone: it asks by itself after `refresh`.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::base::iana::{Class, Opcode, Rcode, Rtype};
use domain::base::message_builder::{MessageBuilder, PushError};
use domain::base::{Message, StaticCompressor};
use domain::tsig::{ClientTransaction, Key};
use ring::rand::{SecureRandom, SystemRandom};

use super::stats::add;
use super::{LOOK, Shared, instant, lock, now};
use crate::TsigKey;
use crate::query::time;
use crate::zone::{Record, Zone};

/// A message that waits for its answer.
struct Notice {
    bytes: Vec<u8>,
    id: u16,
    transaction: Option<ClientTransaction<Arc<Key>>>,
}

/// Tells `to` of each serial until all is to stop.
pub(super) fn run(shared: &Shared, from: IpAddr, to: SocketAddr, key: Option<&TsigKey>) {
    let mut told = None;
    while let Some(zone) = next_zone(shared, told) {
        told = Some(zone.serial());
        tell(shared, &zone, from, to, key);
    }
}

/// The zone as soon as its serial is another; `None` when all is to stop.
fn next_zone(shared: &Shared, told: Option<u32>) -> Option<Arc<Zone>> {
    let mut zone = lock(&shared.zone);
    while !shared.stopping() {
        if told != Some(zone.serial()) {
            return Some(Arc::clone(&zone));
        }
        zone = shared.bell.wait(zone).unwrap_or_else(PoisonError::into_inner);
    }
    None
}

fn tell(shared: &Shared, zone: &Zone, from: IpAddr, to: SocketAddr, key: Option<&TsigKey>) {
    let mut wait = shared.limits.notice_wait;
    for _ in 0..shared.limits.notices {
        let heard = match attempt(shared, zone, from, to, key, wait) {
            Ok(heard) => heard,
            Err(_) => {
                add(&shared.stats.failed);
                // Such as no route: it may come back.
                pause(shared, zone, wait)
            }
        };
        match heard {
            Heard::Yes => return add(&shared.stats.notified),
            Heard::Overtaken => return,
            Heard::No => wait = wait.saturating_mul(2),
        }
    }
    add(&shared.stats.unheard);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Heard {
    Yes,
    No,
    /// There is a newer serial, or all is to stop.
    Overtaken,
}

fn attempt(
    shared: &Shared,
    zone: &Zone,
    from: IpAddr,
    to: SocketAddr,
    key: Option<&TsigKey>,
    wait: Duration,
) -> io::Result<Heard> {
    // A port of its own each time, so that nobody acknowledges by a guess (RFC 5452).
    let socket = UdpSocket::bind((from, 0))?;
    socket.connect(to)?;
    let notice = Notice::new(zone, key)
        .ok_or_else(|| io::Error::other("a message of NOTIFY could not be made"))?;
    socket.send(&notice.bytes)?;
    add(&shared.stats.notices);
    let end = instant() + wait;
    let mut buffer = [0; 1500];
    loop {
        let left = end.saturating_duration_since(instant());
        if left.is_zero() {
            return Ok(Heard::No);
        }
        socket.set_read_timeout(Some(left.min(LOOK)))?;
        // Nobody there, told by ICMP, is like silence: the resolver may be about to start.
        match socket.recv(&mut buffer) {
            Ok(len) if notice.is_answered_by(buffer.get(..len).unwrap_or_default()) => {
                return Ok(Heard::Yes);
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return Ok(pause(shared, zone, left));
            }
            _ if is_overtaken(shared, zone) => return Ok(Heard::Overtaken),
            _ => {}
        }
    }
}

/// Waits, unless there is something newer to tell.
fn pause(shared: &Shared, zone: &Zone, wait: Duration) -> Heard {
    let held = lock(&shared.zone);
    let same = |held: &mut Arc<Zone>| !shared.stopping() && held.serial() == zone.serial();
    let waited = shared.bell.wait_timeout_while(held, wait, same);
    drop(waited.unwrap_or_else(PoisonError::into_inner));
    if is_overtaken(shared, zone) { Heard::Overtaken } else { Heard::No }
}

fn is_overtaken(shared: &Shared, zone: &Zone) -> bool {
    shared.stopping() || shared.zone().serial() != zone.serial()
}

// === impl Notice ===

impl Notice {
    fn new(zone: &Zone, key: Option<&TsigKey>) -> Option<Self> {
        let mut id = [0; 2];
        SystemRandom::new().fill(&mut id).ok()?;
        Self::with_id(zone, key, u16::from_be_bytes(id), now()).ok()
    }

    /// RFC 1996, section 3.7: the question is the SOA, and so is the hint in the answers.
    fn with_id(zone: &Zone, key: Option<&TsigKey>, id: u16, now: u64) -> Result<Self, PushError> {
        let Ok(mut builder) = MessageBuilder::from_target(StaticCompressor::new(Vec::new()));
        let head = builder.header_mut();
        head.set_id(id);
        head.set_opcode(Opcode::NOTIFY);
        head.set_aa(true);
        let mut questions = builder.question();
        questions.push((&zone.names().origin, Rtype::SOA, Class::IN))?;
        let mut answers = questions.answer();
        Record::Soa(zone.serial()).push(zone, &mut answers)?;
        let mut last = answers.additional();
        let transaction = match key {
            None => None,
            Some(key) => {
                let key = Arc::clone(key.shared());
                Some(ClientTransaction::request(key, &mut last, time(now))?)
            }
        };
        Ok(Self { bytes: last.finish().into_target(), id, transaction })
    }

    /// An answer without an error, signed where the notice was.
    fn is_answered_by(&self, bytes: &[u8]) -> bool {
        let Ok(mut message) = Message::from_octets(bytes.to_vec()) else { return false };
        let head = message.header();
        let fits = head.id() == self.id && head.qr() && head.opcode() == Opcode::NOTIFY;
        let signed = match &self.transaction {
            None => true,
            Some(transaction) => transaction.answer(&mut message, time(now())).is_ok(),
        };
        fits && signed && head.rcode() == Rcode::NOERROR
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zone::{Rules, ZoneConfig};

    #[test]
    fn only_the_right_answer_counts() {
        let key = TsigKey::new("k", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap();
        let zone = Zone::new(ZoneConfig::new("rpz.test"), 6, Rules::default()).unwrap();
        let open = Notice::with_id(&zone, None, 0x1234, now()).unwrap();
        // Opcode 4 with AA; one question, one answer.
        assert_eq!(open.bytes[..12], [0x12, 0x34, 0x24, 0, 0, 1, 0, 1, 0, 0, 0, 0]);
        let mut answer = open.bytes.clone();
        assert!(!open.is_answered_by(&answer));
        answer[2] |= 0x80;
        assert!(open.is_answered_by(&answer));
        let signed = Notice::with_id(&zone, Some(&key), 0x1234, now()).unwrap();
        assert_eq!(signed.bytes[11], 1);
        assert!(!signed.is_answered_by(&answer));
        answer[3] |= 5;
        assert!(!open.is_answered_by(&answer));
        answer[3] = 0;
        answer[0] ^= 1;
        assert!(!open.is_answered_by(&answer));
        assert!(!open.is_answered_by(&[]));
    }
}
