//! What is answered to a question of a resolver, as a function of its bytes.
//!
//! Bias: SOA, AXFR and IXFR of the one zone, and nothing else. Failure choice: bytes that are not
//! even a question are met with silence, so that nothing answers an answer; everything else gets
//! an error that names the fault, and all of it is counted by [`Kind`].

mod transfer;

use std::net::IpAddr;
use std::sync::Arc;

use domain::base::iana::{Class, Opcode, Rcode, Rtype, TsigRcode};
use domain::base::message_builder::{AdditionalBuilder, AnswerBuilder, MessageBuilder, PushError};
use domain::base::{Message, ParsedName, Question, StaticCompressor};
use domain::rdata::Soa;
use domain::rdata::Tsig;
use domain::rdata::tsig::Time48;
use domain::tsig::{Key, ServerError, ServerSequence};

use crate::Peers;
use crate::zone::{Record, Since, Zone};

pub use transfer::Transfer;

/// What messages are written to.
pub(crate) type Wire = StaticCompressor<Vec<u8>>;
/// How answers are signed, if they are.
pub(crate) type Signer = Option<ServerSequence<Arc<Key>>>;
type Asked<'a> = Question<ParsedName<&'a [u8]>>;

/// How a question came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// In a datagram: the serial only; what is longer is asked for by TCP.
    Udp,
    /// In a stream.
    Tcp,
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Kind {
    /// No question at all; no answer.
    Noise,
    /// A question with a fault in it: FORMERR.
    Malformed,
    /// By somebody who is not listed, without a signature, or for something else: REFUSED.
    Refused,
    /// With a signature that is wrong, too old, or by an unknown key: NOTAUTH.
    BadSignature,
    /// For another zone: NOTAUTH.
    OtherZone,
    /// With another operation: NOTIMP.
    OtherOperation,
    /// The serial was told.
    Soa,
    /// The whole zone was sent (AXFR, or IXFR from too long ago).
    Whole,
    /// Changes were sent.
    Steps,
}

/// The answer to a question.
#[derive(Debug)]
pub enum Answer<'z> {
    /// None.
    Silence,
    /// One message.
    One(Vec<u8>),
    /// A stream of messages.
    Transfer(Box<Transfer<'z>>),
}

/// Datagrams that we take, as told to those who speak of EDNS (RFC 6891); the size that is not
/// cut into fragments anywhere.
const EDNS_SIZE: u16 = 1232;

// === impl Kind ===

impl Kind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Noise,
        Self::Malformed,
        Self::Refused,
        Self::BadSignature,
        Self::OtherZone,
        Self::OtherOperation,
        Self::Soa,
        Self::Whole,
        Self::Steps,
    ];

    /// Its name in reports and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::Malformed => "malformed",
            Self::Refused => "refused",
            Self::BadSignature => "bad_signature",
            Self::OtherZone => "other_zone",
            Self::OtherOperation => "other_operation",
            Self::Soa => "soa",
            Self::Whole => "whole",
            Self::Steps => "steps",
        }
    }

    const fn rcode(self) -> Rcode {
        match self {
            Self::Noise | Self::Malformed => Rcode::FORMERR,
            Self::Refused => Rcode::REFUSED,
            Self::BadSignature | Self::OtherZone => Rcode::NOTAUTH,
            Self::OtherOperation => Rcode::NOTIMP,
            Self::Soa | Self::Whole | Self::Steps => Rcode::NOERROR,
        }
    }
}

/// Answers a question that came from an address at a time (seconds since 1970).
pub fn answer<'z>(
    bytes: &[u8],
    from: IpAddr,
    by: Transport,
    zone: &'z Zone,
    peers: &Peers,
    now: u64,
) -> (Kind, Answer<'z>) {
    let Ok(mut message) = Message::from_octets(bytes.to_vec()) else {
        return (Kind::Noise, Answer::Silence);
    };
    if message.header().qr() {
        return (Kind::Noise, Answer::Silence);
    }
    if !peers.knows(from) {
        return fault(Kind::Refused, &message, None, now);
    }
    if message.header().opcode() != Opcode::QUERY {
        return fault(Kind::OtherOperation, &message, None, now);
    }
    // Before the signature: what is wrong with it is told with all questions unpacked.
    if message.header_counts().qdcount() != 1 {
        return fault(Kind::Malformed, &message, None, now);
    }
    let id = message.header().id();
    let signer = ServerSequence::request(&peers.keys_of(from), &mut message, time(now));
    // Checking puts back the number that was signed; a forwarder waits for its own.
    message.header_mut().set_id(id);
    let signer = match signer {
        Ok(None) if peers.must_sign(from) => return fault(Kind::Refused, &message, None, now),
        Ok(signer) => signer,
        Err(error) => return unsigned(error, &message),
    };
    match understand(&message, by, zone) {
        Ok(Plan::Soa) => (Kind::Soa, soa(&message, signer, zone, now)),
        Ok(Plan::Send(kind, records)) => {
            (kind, Answer::Transfer(Box::new(Transfer::new(&message, zone, records, signer))))
        }
        Err(kind) => fault(kind, &message, signer, now),
    }
}

/// What is to be done for a question.
enum Plan<'z> {
    Soa,
    Send(Kind, crate::zone::Records<'z>),
}

fn understand<'z>(
    message: &Message<Vec<u8>>,
    by: Transport,
    zone: &'z Zone,
) -> Result<Plan<'z>, Kind> {
    let asked: Asked<'_> = message.for_slice_ref().sole_question().map_err(|_| Kind::Malformed)?;
    if asked.qclass() != Class::IN || !zone.names().is_origin(asked.qname()) {
        return Err(Kind::OtherZone);
    }
    match (asked.qtype(), by) {
        (Rtype::SOA, _) => Ok(Plan::Soa),
        // RFC 5936, section 4.2: not defined for UDP.
        (Rtype::AXFR, Transport::Udp) => Err(Kind::Malformed),
        (Rtype::AXFR, Transport::Tcp) => Ok(Plan::Send(Kind::Whole, zone.whole())),
        (Rtype::IXFR, by) => {
            let old = old_serial(message, zone).ok_or(Kind::Malformed)?;
            match (zone.since(old), by) {
                // RFC 1995, section 2: the SOA alone says that there is more by TCP.
                (_, Transport::Udp) => Ok(Plan::Soa),
                (Since::Nothing(records), _) => Ok(Plan::Send(Kind::Soa, records)),
                (Since::Steps(records), _) => Ok(Plan::Send(Kind::Steps, records)),
                (Since::Whole(records), _) => Ok(Plan::Send(Kind::Whole, records)),
            }
        }
        _ => Err(Kind::Refused),
    }
}

/// The serial that a resolver has, of the SOA in its question (RFC 1995, section 3).
fn old_serial(message: &Message<Vec<u8>>, zone: &Zone) -> Option<u32> {
    let mut records = message.authority().ok()?.limit_to_in::<Soa<_>>();
    let record = records.next()?.ok()?;
    zone.names().is_origin(record.owner()).then(|| record.data().serial().into_int())
}

fn soa<'z>(message: &Message<Vec<u8>>, signer: Signer, zone: &Zone, now: u64) -> Answer<'z> {
    let Ok(mut answers) = begin(message, Kind::Soa) else { return Answer::Silence };
    answers.header_mut().set_aa(true);
    match Record::Soa(zone.serial()).push(zone, &mut answers) {
        Ok(()) => end(answers, message, signer, now),
        Err(_) => Answer::Silence,
    }
}

fn fault<'z>(
    kind: Kind,
    message: &Message<Vec<u8>>,
    signer: Signer,
    now: u64,
) -> (Kind, Answer<'z>) {
    let answer = begin(message, kind).map(|answers| end(answers, message, signer, now));
    (kind, answer.unwrap_or(Answer::Silence))
}

/// What is wrong with a signature, told as RFC 8945, section 5, wants it.
fn unsigned<'z>(error: ServerError<Arc<Key>>, message: &Message<Vec<u8>>) -> (Kind, Answer<'z>) {
    let code = error.error();
    let Ok(built) = error.build_message(message, blank()) else {
        return (Kind::BadSignature, Answer::Silence);
    };
    if built.header().rcode() != Rcode::NOTAUTH {
        return (Kind::Malformed, Answer::One(built.finish().into_target()));
    }
    // The crate calls a wrong signature a fault of form, in the TSIG record of a NOTAUTH.
    let built = if code == TsigRcode::FORMERR { bad_signature(message) } else { Some(built) };
    let answer = built.map(|built| Answer::One(built.finish().into_target()));
    (Kind::BadSignature, answer.unwrap_or(Answer::Silence))
}

/// BADSIG, unsigned (RFC 8945, section 5.2.2).
fn bad_signature(message: &Message<Vec<u8>>) -> Option<AdditionalBuilder<Wire>> {
    let record = message.additional().ok()?.last()?.ok()?;
    let record = record.to_record::<Tsig<_, ParsedName<_>>>().ok()??;
    let (tsig, id) = (record.data(), message.header().id());
    let (time, fudge) = (tsig.time_signed(), tsig.fudge());
    let answer = Tsig::new(tsig.algorithm(), time, fudge, b"", id, TsigRcode::BADSIG, b"").ok()?;
    let mut last = begin(message, Kind::BadSignature).ok()?.additional();
    last.push((record.owner(), record.class(), record.ttl(), answer)).ok()?;
    Some(last)
}

fn blank() -> MessageBuilder<Wire> {
    let Ok(builder) = MessageBuilder::from_target(StaticCompressor::new(Vec::new()));
    builder
}

/// An answer with its head and the question again.
fn begin(message: &Message<Vec<u8>>, kind: Kind) -> Result<AnswerBuilder<Wire>, PushError> {
    let asked: Option<Asked<'_>> = message.for_slice_ref().sole_question().ok();
    let mut builder = blank();
    let (from, head) = (message.header(), builder.header_mut());
    head.set_id(from.id());
    head.set_qr(true);
    head.set_opcode(from.opcode());
    head.set_rd(from.rd());
    head.set_rcode(kind.rcode());
    let mut questions = builder.question();
    if let Some(asked) = asked {
        questions.push(asked)?;
    }
    Ok(questions.answer())
}

fn end<'z>(
    answers: AnswerBuilder<Wire>,
    message: &Message<Vec<u8>>,
    mut signer: Signer,
    now: u64,
) -> Answer<'z> {
    let mut last = answers.additional();
    let edns = message.opt().is_some();
    let opt = |last: &mut AdditionalBuilder<Wire>| {
        last.opt(|opt| {
            opt.set_udp_payload_size(EDNS_SIZE);
            Ok(())
        })
    };
    if edns && opt(&mut last).is_err() {
        return Answer::Silence;
    }
    match sign(&mut last, &mut signer, now) {
        Ok(()) => Answer::One(last.finish().into_target()),
        Err(_) => Answer::Silence,
    }
}

/// Signs a message, if its question was signed; nothing may follow.
fn sign(
    message: &mut AdditionalBuilder<Wire>,
    signer: &mut Signer,
    now: u64,
) -> Result<(), PushError> {
    match signer {
        Some(signer) => signer.answer(message, time(now)),
        None => Ok(()),
    }
}

/// Seconds as TSIG counts them, in 48 bits.
pub(crate) fn time(now: u64) -> Time48 {
    Time48::from_u64(now & ((1 << 48) - 1))
}

#[cfg(test)]
mod tests;
