//! A bot that makes up names: bursts of names that do not exist, then one that does.

use ostium_event::{Span, Timestamp};
use serde::Deserialize;

use crate::actor::Behaviour;
use crate::bots::words::WORDS;
use crate::host::Host;
use crate::http::Request;
use crate::rng::Rng;
use crate::visit;

/// A bot that makes up names.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dga {
    /// Between bursts.
    pub every: Span,
    /// Names asked in one burst.
    pub burst: usize,
    /// Bursts that end at a living server, of all, 0 to 1.
    pub luck: f64,
    /// What names are made of.
    pub alphabet: DgaAlphabet,
    /// How many names the whole family has for a day, which all its bots ask for again and again;
    /// 0 makes up new ones every time.
    pub daily: usize,
    /// The family, from which and from the day its names follow.
    pub family: String,
}

/// What generated names are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DgaAlphabet {
    /// Letters at random.
    #[default]
    Letters,
    /// Hexadecimal digits, as families that hash the date use.
    Hex,
    /// Two or three words out of a list.
    Words,
}

const SUFFIXES: &[&str] = &["com", "net", "info", "biz", "org", "ru", "top", "xyz"];

// === impl Dga ===

impl Dga {
    /// The next name that it asks for in a world of this seed.
    pub fn name(&self, rng: &mut Rng, seed: u64, now: Timestamp) -> String {
        if self.daily == 0 {
            return self.make(rng);
        }
        let (day, n) = (now.secs() / 86_400, rng.below(self.daily));
        self.make(&mut Rng::fork(seed, &format!("{}/{day}/{n}", self.family)))
    }

    /// Could it have made this name?
    pub fn could_make(&self, name: &str) -> bool {
        let Some((label, suffix)) = name.split_once('.') else {
            return false;
        };
        let letters = |low, high, fits: fn(u8) -> bool| {
            (low..=high).contains(&label.len()) && label.bytes().all(fits)
        };
        let made = match self.alphabet {
            DgaAlphabet::Letters => letters(11, 19, |byte| byte.is_ascii_lowercase()),
            DgaAlphabet::Hex => letters(16, 16, |byte| byte.is_ascii_hexdigit()),
            DgaAlphabet::Words => WORDS.iter().any(|word| label.starts_with(word)),
        };
        made && SUFFIXES.contains(&suffix)
    }

    fn make(&self, rng: &mut Rng) -> String {
        let label = match self.alphabet {
            DgaAlphabet::Letters => {
                let length = rng.size(11, 19);
                rng.text("abcdefghijklmnopqrstuvwxyz", length)
            }
            DgaAlphabet::Hex => rng.text("0123456789abcdef", 16),
            DgaAlphabet::Words => {
                let words = rng.size(2, 3);
                (0..words).map(|_| rng.pick(WORDS)).collect()
            }
        };
        format!("{label}.{}", rng.pick(SUFFIXES))
    }
}

impl Default for Dga {
    fn default() -> Self {
        Self {
            every: Span::from_secs(900),
            burst: 25,
            luck: 0.3,
            alphabet: DgaAlphabet::Letters,
            daily: 0,
            family: "one".into(),
        }
    }
}

impl Behaviour for Dga {
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
        let mut at = now;
        for _ in 0..self.burst {
            let name = self.name(rng, host.out.shared.seed, now);
            at = host.ask_missing(rng, &name, at);
            at = at.plus(Span::from_secs_f64(rng.between(0.1, 1.5)));
        }
        if rng.chance(self.luck) {
            let name = self.make(rng);
            let request = Request {
                host: &name,
                path: "/u/",
                user_agent: "Mozilla/5.0 (Windows NT 10.0)",
                browser: false,
                post: 180,
            };
            let kind = ("application/octet-stream", 64);
            visit::plain(host, rng, &request, at, kind);
        }
        let factor = rng.between(0.8, 1.2);
        Some(now.plus(Span::from_secs_f64(self.every.secs_f64() * factor)).max(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::{self, questions, watch};
    use std::collections::BTreeSet;

    #[test]
    fn names_are_made_of_what_they_should_be() {
        for (alphabet, daily) in
            [(DgaAlphabet::Letters, 0), (DgaAlphabet::Hex, 50), (DgaAlphabet::Words, 50)]
        {
            let dga = Dga { alphabet, daily, luck: 0.0, ..Dga::default() };
            rehearsal::assert_plays(dga.clone(), 4.0, 500);
            let asked = questions(&watch(dga, 4.0));
            let names: BTreeSet<&String> = asked.iter().map(|(name, _)| name).collect();
            assert!(asked.len() > 350);
            let few = if daily == 0 { asked.len() } else { daily };
            assert!(names.len().abs_diff(few) <= few / 20, "{alphabet:?}: {}", names.len());
            let maker = Dga { alphabet, ..Dga::default() };
            assert!(names.iter().all(|name| maker.could_make(name)), "{names:?}");
            assert!(!maker.could_make("www.example.org") && !maker.could_make("com"));
            let label = |name: &str| name.split('.').next().unwrap().to_owned();
            let fits = |name: &str| match alphabet {
                DgaAlphabet::Letters => (11..=19).contains(&name.len()),
                DgaAlphabet::Hex => name.bytes().all(|b| b.is_ascii_hexdigit()),
                DgaAlphabet::Words => WORDS.iter().any(|word| name.starts_with(word)),
            };
            assert!(names.iter().all(|name| fits(&label(name))), "{names:?}");
        }
    }
}
