//! A channel in DNS: data as labels below one rare name, answers as text.

use ostium_event::{Addr, RecordType, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::dns::Answers;
use crate::host::Host;
use crate::rng::Rng;

/// A channel in DNS.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DnsTunnel {
    /// The registered name below which it asks.
    pub zone: String,
    /// Between polls.
    pub every: Span,
    /// Share of the time between polls by which it varies to either side, 0 to 1.
    pub jitter: f64,
    /// How data become labels.
    pub encoding: TunnelEncoding,
    /// What is asked for, and carries the answers.
    pub record: TunnelRecord,
    /// Chance that a poll becomes a burst of data, 0 to 1.
    pub data: f64,
    /// Letters of the label of a poll, and of data.
    pub letters: (usize, usize),
}

/// How data become labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TunnelEncoding {
    /// Base 32.
    #[default]
    Base32,
    /// Hexadecimal.
    Hex,
    /// Letters alone, as backdoors with an alphabet of their own use.
    Letters,
}

/// What a tunnel asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TunnelRecord {
    /// Text.
    #[default]
    Txt,
    /// Anything (RFC 1035, section 3.3.10).
    Null,
    /// Addresses, four bytes each.
    A,
    /// Other names.
    Cname,
}

const HEX: &str = "0123456789abcdef";

impl Default for DnsTunnel {
    fn default() -> Self {
        Self {
            zone: "t.example-tunnel.net".into(),
            every: Span::from_secs(5),
            jitter: 0.15,
            encoding: TunnelEncoding::Base32,
            record: TunnelRecord::Txt,
            data: 0.05,
            letters: (16, 52),
        }
    }
}

impl DnsTunnel {
    fn label(&self, rng: &mut Rng, length: usize) -> String {
        let alphabet = match self.encoding {
            TunnelEncoding::Base32 => "abcdefghijklmnopqrstuvwxyz234567",
            TunnelEncoding::Hex => HEX,
            TunnelEncoding::Letters => "abcdefghijklmnopqrstuvwxyz",
        };
        let text = rng.text(alphabet, length);
        // No label may be longer than 63 bytes.
        let labels = text.as_bytes().chunks(60).map(String::from_utf8_lossy);
        labels.collect::<Vec<_>>().join(".")
    }

    /// The next name of a poll, or of a burst of data.
    pub fn name(&self, rng: &mut Rng, data: bool) -> String {
        let length = if data { self.letters.1 } else { self.letters.0 };
        format!("{}.{}", self.label(rng, length), self.zone)
    }

    /// What it asks for, and what the other end may answer.
    pub fn answer(&self, rng: &mut Rng) -> (RecordType, Answers) {
        match self.record {
            TunnelRecord::Txt => {
                let length = rng.size(12, 90);
                (RecordType::TXT, Answers::text(0, rng.text(HEX, length).into_bytes()))
            }
            TunnelRecord::Null => {
                let length = rng.size(12, 240);
                (RecordType::NULL, Answers::raw(RecordType::NULL, rng.bytes(length)))
            }
            TunnelRecord::A => {
                let bits = (rng.next() as u32).to_be_bytes();
                (RecordType::A, Answers::address(1, Addr::v4(bits)))
            }
            TunnelRecord::Cname => {
                let length = rng.size(12, 50);
                let name = format!("{}.{}", self.label(rng, length), self.zone);
                (RecordType::CNAME, Answers::alias(name))
            }
        }
    }
}

impl Behaviour for DnsTunnel {
    type State = ();

    fn first(&self) -> Span {
        self.every
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        // A poll with a counter, or a burst of data.
        let burst = if rng.chance(self.data) { rng.size(5, 40) } else { 1 };
        let mut at = now;
        for _ in 0..burst {
            let name = self.name(rng, burst > 1);
            let (record_type, answer) = self.answer(rng);
            at = host.ask(rng, &name, record_type, at, &answer);
        }
        let factor = rng.between(1.0 - self.jitter, 1.0 + self.jitter);
        Some(now.plus(Span::from_secs_f64(self.every.secs_f64() * factor)).max(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, questions, watch};

    #[test]
    fn every_encoding_fits_every_record() {
        let encodings = [TunnelEncoding::Base32, TunnelEncoding::Hex, TunnelEncoding::Letters];
        let records = [
            (TunnelRecord::Txt, 16),
            (TunnelRecord::Null, 10),
            (TunnelRecord::A, 1),
            (TunnelRecord::Cname, 5),
        ];
        for encoding in encodings {
            for (record, number) in records {
                let letters = (20, 150);
                let tunnel = DnsTunnel { encoding, record, letters, ..DnsTunnel::default() };
                rehearsal::assert_plays(tunnel.clone(), 1.0, 1000);
                let asked = questions(&watch(tunnel, 1.0));
                assert!(asked.iter().all(|(name, of)| {
                    name.ends_with(".t.example-tunnel.net") && *of == number
                }));
                assert!(asked.iter().any(|(name, _)| name.len() > 150));
            }
        }
    }
}
