//! Hashes looked up in DNS, as antivirus programs, mail filters and reputation clients do: long
//! labels that nobody can read below one name. The look-alike of a tunnel and of made-up names.

use ostium_event::{Addr, RecordType, Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::dns::Answers;
use crate::host::Host;
use crate::rng::Rng;

/// Hashes looked up in DNS.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lookups {
    /// The name below which they are looked up.
    pub zone: String,
    /// The shape of what is looked up.
    pub form: LookupForm,
    /// Look-ups in an hour, pauses included.
    pub per_hour: f64,
}

/// The shape of a look-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LookupForm {
    /// A hash of a file in hexadecimal, with a version and a product before the zone; text comes
    /// back.
    #[default]
    File,
    /// Short counters and one long label in base 32; an address comes back.
    Client,
    /// A hash of an address of the web, cut into labels; an address comes back, or no such name.
    Web,
    /// The address of a mail server backwards; no such name, mostly.
    Blocklist,
}

/// Mean look-ups in a burst: programs come with many files, pages with many parts.
const BURST: f64 = 9.0;
const HEX: &str = "0123456789abcdef";
const BASE32: &str = "abcdefghijklmnopqrstuvwxyz234567";

impl Default for Lookups {
    fn default() -> Self {
        Self { zone: "rep.shieldlab.com".into(), form: LookupForm::File, per_hour: 40.0 }
    }
}

// === impl Lookups ===

impl Lookups {
    fn name(&self, rng: &mut Rng) -> String {
        let zone = &self.zone;
        match self.form {
            LookupForm::File => format!("{}.v4.files.{zone}", rng.text(HEX, 40)),
            LookupForm::Client => format!(
                "a-0.19-{}.{}.1518.{}.3ea1.210.0.{}.{zone}",
                rng.text(HEX, 8),
                rng.text(HEX, 7),
                rng.text(HEX, 4),
                rng.text(BASE32, 26)
            ),
            LookupForm::Web => {
                format!("{}.{}.w.{zone}", rng.text(BASE32, 32), rng.text(BASE32, 20))
            }
            LookupForm::Blocklist => {
                let from = host_bytes(rng);
                format!("{}.{}.{}.{}.{zone}", from[3], from[2], from[1], from[0])
            }
        }
    }

    fn answer(&self, rng: &mut Rng) -> (RecordType, Answers) {
        let found = Answers::address(300, Addr::v4([127, 0, 0, rng.size(2, 40) as u8]));
        match self.form {
            LookupForm::File => {
                let text = format!("v=1;r={};t=86400", rng.below(3));
                (RecordType::TXT, Answers::text(3600, text.into_bytes()))
            }
            LookupForm::Web if rng.chance(0.2) => (RecordType::A, Answers::missing()),
            LookupForm::Blocklist if rng.chance(0.85) => (RecordType::A, Answers::missing()),
            _ => (RecordType::A, found),
        }
    }
}

fn host_bytes(rng: &mut Rng) -> [u8; 4] {
    [rng.size(1, 223) as u8, rng.next() as u8, rng.next() as u8, rng.size(1, 254) as u8]
}

impl Behaviour for Lookups {
    type State = ();

    fn first(&self) -> Span {
        Span::from_secs_f64(3600.0 * BURST / self.per_hour.max(0.1))
    }

    fn wake(
        &self,
        _: &mut (),
        rng: &mut Rng,
        host: &mut Host,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let mut at = now;
        for _ in 0..1 + rng.exponential(BURST - 1.0) as usize {
            let name = self.name(rng);
            let (record_type, answer) = self.answer(rng);
            at = host.ask(rng, &name, record_type, at, &answer);
            at = at.plus(Span::from_secs_f64(rng.exponential(0.3)));
        }
        let wait = rng.exponential(3600.0 * BURST / self.per_hour.max(0.1));
        Some(now.plus(Span::from_secs_f64(wait)).max(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, questions, watch};

    #[test]
    fn every_form_is_below_its_zone() {
        let forms = [LookupForm::File, LookupForm::Client, LookupForm::Web, LookupForm::Blocklist];
        for form in forms {
            let lookups = Lookups { zone: "rep.shieldlab.com".into(), form, per_hour: 120.0 };
            rehearsal::assert_plays(lookups.clone(), 2.0, 100);
            let asked = questions(&watch(lookups, 2.0));
            assert!(asked.iter().all(|(name, _)| name.ends_with(".rep.shieldlab.com")));
            let mut names: Vec<&String> = asked.iter().map(|(name, _)| name).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), asked.len(), "{form:?} repeats itself");
            assert!((60..600).contains(&asked.len()), "{form:?}: {}", asked.len());
        }
    }
}
