//! The resolver of the outside: names of the scenario lead to its addresses, others do not exist.

use std::net::{IpAddr, UdpSocket};

use ostium_event::{Addr, RecordType};
use ostium_synth::speech::{Answers, Rng, query, reply};

use super::Ground;
use crate::dns::Question;
use crate::line::Line;
use crate::net::{Trouble, is_late};
use crate::stage::pick;
use crate::tally::Tally;

/// Seconds that an answer may be kept.
const KEPT: u32 = 60;
/// The longest message over TCP that is read.
const LONGEST: usize = 4096;

/// Answers questions by datagram.
pub(super) fn serve(ground: &Ground<'_>, socket: &UdpSocket, tally: &Tally, mut rng: Rng) {
    let mut buffer = [0; LONGEST];
    while !ground.pace.is_over() {
        let (length, from) = match socket.recv_from(&mut buffer) {
            Ok(heard) => heard,
            Err(error) if is_late(&error) => continue,
            // An error that an earlier answer met says nothing of the next question.
            Err(_) => {
                std::thread::sleep(crate::pace::SLICE);
                continue;
            }
        };
        let said = answer(ground, &mut rng, buffer.get(..length).unwrap_or_default());
        let came = match said {
            Some(bytes) => socket.send_to(&bytes, from).map(|_| ()).map_err(|_| Trouble::Refused),
            None => Err(Trouble::Cut),
        };
        tally.note(&came);
    }
}

/// Answers questions in a connection.
pub(super) fn talk(ground: &Ground<'_>, line: &mut Line, rng: &mut Rng) -> Result<(), Trouble> {
    let pace = &ground.pace;
    loop {
        let length = line.take(2, super::talk::IDLE, pace)?;
        let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        if length > LONGEST {
            return Err(Trouble::Cut);
        }
        let question = line.take(length, super::talk::IDLE, pace)?;
        let bytes = answer(ground, rng, &question).ok_or(Trouble::Cut)?;
        let length = u16::try_from(bytes.len()).map_err(|_| Trouble::Cut)?;
        line.say(&[&length.to_be_bytes(), bytes.as_slice()].concat())?;
    }
}

/// What is said to a question; nothing to what is none.
pub(super) fn answer(ground: &Ground<'_>, rng: &mut Rng, bytes: &[u8]) -> Option<Vec<u8>> {
    let question = Question::read(bytes)?;
    let asked = query(question.id, &question.name, question.record_type);
    Some(reply(&asked, &answers(ground, rng, &question)))
}

fn answers(ground: &Ground<'_>, rng: &mut Rng, question: &Question) -> Answers {
    let name = question.name.to_ascii_lowercase();
    let known = &ground.known;
    if let Some(tunnel) = known.tunnel(&name) {
        let (record_type, answers) = tunnel.answer(rng);
        return if record_type == question.record_type { answers } else { Answers::default() };
    }
    if known.has_mail(&name) {
        return match question.record_type {
            RecordType::MX => Answers::mail(&format!("mx1.{name}")),
            _ => Answers::default(),
        };
    }
    if !known.exists(&name) {
        return Answers::missing();
    }
    let addresses: Vec<IpAddr> = ground.wishes.outside.clone();
    let fits = |addr: &IpAddr| match question.record_type {
        RecordType::A => addr.is_ipv4(),
        RecordType::AAAA => addr.is_ipv6(),
        _ => false,
    };
    let fitting: Vec<IpAddr> = addresses.into_iter().filter(fits).collect();
    match pick(&fitting, ground.seed, &name) {
        Some(addr) => Answers::address(KEPT, Addr::from(addr)),
        None => Answers::default(),
    }
}
