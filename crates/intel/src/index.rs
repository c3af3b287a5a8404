//! Which indicator, if any, knows this name, address or fingerprint?
//!
//! Indicators lie in one vector; hash tables hold places in it, so a look-up allocates nothing and
//! a million entries cost some 100 MB at most. Same indicators in the same order give the same
//! index: of two for one value the surer wins, then the one that expires later, then the first.
//! An expired indicator is still found; the caller knows the time, see [`Indicator::is_live`].

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use ostium_event::{Addr, Ja4, Prefix};

use crate::rails::{Refusal, Verdict, check};
use crate::value::host_of;
use crate::{Indicator, IndicatorValue};

/// Fixed, so that two runs are alike; collisions made on purpose cost the feed that makes them.
const HASHER: FixedState = FixedState::with_seed(0x6f73_7469_756d);

/// Indicators that can be matched, and what the rails kept out.
#[derive(Debug, Default)]
pub struct IndicatorIndex {
    entries: Vec<Indicator>,
    places: HashTable<u32>,
    /// Lengths of the networks that there are, in free bits, the smallest network first.
    free_bits: Vec<u32>,
    set_aside: Vec<(Indicator, Refusal)>,
    refused: BTreeMap<Refusal, u64>,
    duplicates: u64,
}

/// A value as the tables see it; borrowed, so that asking allocates nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Key<'a> {
    Domain(&'a str),
    Addr(Addr),
    Network(Addr, u32),
    Socket(Addr, u16),
    /// Host without its port, and the path with its query.
    Url(&'a str, &'a str),
    Ja4(Ja4),
}

// === impl IndicatorIndex ===

impl IndicatorIndex {
    /// Builds the index. What the rails refuse is counted; what they set aside is kept apart.
    pub fn build(indicators: Vec<Indicator>) -> Self {
        let mut index = Self {
            places: HashTable::with_capacity(indicators.len()),
            entries: Vec::with_capacity(indicators.len()),
            ..Self::default()
        };
        for indicator in indicators {
            match check(&indicator.value) {
                Verdict::Match => index.insert(indicator),
                Verdict::SetAside(why) => index.set_aside.push((indicator, why)),
                Verdict::Refuse(why) => *index.refused.entry(why).or_default() += 1,
            }
        }
        index.free_bits.sort_unstable();
        index
    }

    /// The indicator of the name or of the nearest name above it; `name` in lower case.
    pub fn domain(&self, name: &str) -> Option<&Indicator> {
        let mut rest = name.strip_suffix('.').unwrap_or(name);
        // No name is longer; a longer text is nobody's.
        if rest.len() > 255 {
            return None;
        }
        loop {
            if let Some(found) = self.find(Key::Domain(rest)) {
                return Some(found);
            }
            rest = rest.split_once('.')?.1;
        }
    }

    /// The indicator of the address, or of the smallest network around it. Indicators of an address
    /// with a port are not looked at: see [`IndicatorIndex::socket`].
    pub fn addr(&self, addr: Addr) -> Option<&Indicator> {
        if let Some(found) = self.find(Key::Addr(addr)) {
            return Some(found);
        }
        let width = if addr.is_v4() { 32 } else { 128 };
        self.free_bits.iter().filter(|&&free| free <= width).find_map(|&free| {
            let bits = u8::try_from(width - free).ok()?;
            let (first, _) = Prefix::new(addr, bits)?.bounds();
            self.find(Key::Network(first, free))
        })
    }

    /// The indicator of exactly this address and port.
    pub fn socket(&self, addr: Addr, port: u16) -> Option<&Indicator> {
        self.find(Key::Socket(addr, port))
    }

    /// The indicator of exactly this URL: `host` in lower case without its port, `uri` the path with
    /// its query. The port of an indicator of a URL does not count.
    pub fn url(&self, host: &str, uri: &str) -> Option<&Indicator> {
        let uri = uri.split('#').next().unwrap_or(uri);
        self.find(Key::Url(host, uri))
    }

    /// The indicator of the client fingerprint.
    pub fn ja4(&self, ja4: &Ja4) -> Option<&Indicator> {
        self.find(Key::Ja4(*ja4))
    }

    /// How many can be matched.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Can nothing be matched?
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All that can be matched, in the order in which they came.
    pub fn iter(&self) -> impl Iterator<Item = &Indicator> {
        self.entries.iter()
    }

    /// What the rails set aside, and why: to be shown, never matched.
    pub fn set_aside(&self) -> &[(Indicator, Refusal)] {
        &self.set_aside
    }

    /// How many the rails refused, by reason.
    pub const fn refused(&self) -> &BTreeMap<Refusal, u64> {
        &self.refused
    }

    /// How many said what another had said.
    pub const fn duplicates(&self) -> u64 {
        self.duplicates
    }

    fn find(&self, key: Key<'_>) -> Option<&Indicator> {
        let place = self.places.find(hash(&key), |&place| {
            self.entry(place).is_some_and(|entry| Key::of(entry) == key)
        })?;
        self.entry(*place)
    }

    fn entry(&self, place: u32) -> Option<&Indicator> {
        self.entries.get(usize::try_from(place).ok()?)
    }

    fn insert(&mut self, indicator: Indicator) {
        let Ok(place) = u32::try_from(self.entries.len()) else {
            return;
        };
        let key = Key::of(&indicator);
        let hash_of_key = hash(&key);
        let known = self.places.find(hash_of_key, |&place| {
            self.entries.get(place as usize).is_some_and(|entry| Key::of(entry) == key)
        });
        if let Some(&known) = known {
            self.duplicates += 1;
            if let Some(entry) = self.entries.get_mut(known as usize) {
                merge(entry, indicator);
            }
            return;
        }
        if let Key::Network(_, free) = key
            && !self.free_bits.contains(&free)
        {
            self.free_bits.push(free);
        }
        self.entries.push(indicator);
        let entries = &self.entries;
        self.places.insert_unique(hash_of_key, place, |&place| {
            entries.get(place as usize).map_or(0, |entry| hash(&Key::of(entry)))
        });
    }
}

// === impl Key ===

impl<'a> Key<'a> {
    fn of(indicator: &'a Indicator) -> Self {
        match &indicator.value {
            IndicatorValue::Domain(name) => Self::Domain(name),
            IndicatorValue::Addr(addr) => Self::Addr(*addr),
            IndicatorValue::Network(prefix) => {
                let (first, last) = prefix.bounds();
                Self::Network(first, (last.bits() - first.bits()).count_ones())
            }
            IndicatorValue::Socket(addr, port) => Self::Socket(*addr, *port),
            IndicatorValue::Url(url) => {
                let (site, path) = url.split_at(url.find('/').unwrap_or(url.len()));
                Self::Url(host_of(site), path)
            }
            IndicatorValue::Ja4(ja4) => Self::Ja4(*ja4),
        }
    }
}

fn hash(key: &Key<'_>) -> u64 {
    HASHER.hash_one(key)
}

/// The surer of two, with a family if either has one.
fn merge(kept: &mut Indicator, other: Indicator) {
    let later = |a: &Indicator| a.expires.map_or((1, None), |at| (0, Some(at)));
    let rank = |a: &Indicator| (a.confidence, later(a));
    let family = if rank(&other) > rank(kept) {
        let loser = std::mem::replace(kept, other);
        loser.family
    } else {
        other.family
    };
    if kept.family.is_none() {
        kept.family = family;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::parse;
    use ostium_event::Timestamp;
    use proptest::prelude::*;

    fn indicator(text: &str, confidence: u8) -> Indicator {
        Indicator::new(parse(text).unwrap(), confidence, "test")
    }

    fn index(texts: &[&str]) -> IndicatorIndex {
        IndicatorIndex::build(texts.iter().map(|text| indicator(text, 50)).collect())
    }

    fn addr(text: &str) -> Addr {
        text.parse().unwrap()
    }

    #[test]
    fn the_nearest_name_above_matches() {
        let index = index(&["evil.example", "deep.evil.example"]);
        let found = |name: &str| index.domain(name).map(|i| i.value.to_string());
        assert_eq!(found("a.deep.evil.example.").as_deref(), Some("deep.evil.example"));
        assert_eq!(found("b.evil.example").as_deref(), Some("evil.example"));
        for name in ["notevil.example", "example", "evil.example.org", "", &"a.".repeat(999)] {
            assert_eq!(found(name), None, "{name}");
        }
    }

    #[test]
    fn addresses_networks_and_sockets_are_apart() {
        let index = index(&[
            "198.51.100.0/24",
            "198.51.100.7",
            "203.0.113.9:4444",
            "2001:db8::/32",
            "198.51.0.0/16",
        ]);
        let found = |text: &str| index.addr(addr(text)).map(|i| i.value.to_string());
        assert_eq!(found("198.51.100.7").as_deref(), Some("198.51.100.7"));
        assert_eq!(found("198.51.100.8").as_deref(), Some("198.51.100.0/24"));
        assert_eq!(found("198.51.99.8").as_deref(), Some("198.51.0.0/16"));
        assert_eq!(found("2001:db8::5").as_deref(), Some("2001:db8::/32"));
        assert_eq!(found("203.0.113.9"), None);
        assert!(index.socket(addr("203.0.113.9"), 4444).is_some());
        assert!(index.socket(addr("203.0.113.9"), 4445).is_none());
        assert!(index.socket(addr("198.51.100.7"), 80).is_none());
    }

    #[test]
    fn urls_match_whole() {
        let index = index(&["http://evil.example:81/gate.php?id=1", "http://[2001:db8::1]:8080/x"]);
        assert!(index.url("evil.example", "/gate.php?id=1").is_some());
        assert!(index.url("2001:db8::1", "/x").is_some());
        assert!(index.url("evil.example", "/gate.php").is_none());
        assert!(index.url("good.example", "/gate.php?id=1").is_none());
        assert!(index.domain("evil.example").is_none());
    }

    #[test]
    fn fingerprints_match() {
        let text = "t13d1516h2_8daaf6152771_e5627efa2ab1";
        assert!(index(&[text]).ja4(&Ja4::parse(text).unwrap()).is_some());
        assert!(index(&["evil.example"]).ja4(&Ja4::parse(text).unwrap()).is_none());
    }

    #[test]
    fn the_surer_of_two_wins_and_families_stay() {
        let mut named = indicator("evil.example", 40);
        named.family = Some("worm".to_owned());
        let index = IndicatorIndex::build(vec![
            named,
            indicator("evil.example", 90),
            indicator("evil.example", 20),
        ]);
        let found = index.domain("evil.example").unwrap();
        assert_eq!((found.confidence, found.family.as_deref()), (90, Some("worm")));
        assert_eq!((index.len(), index.duplicates()), (1, 2));
    }

    #[test]
    fn what_does_not_expire_beats_what_does() {
        let mut expiring = indicator("evil.example", 40);
        expiring.expires = Some(Timestamp::from_secs(5));
        for order in [
            [expiring.clone(), indicator("evil.example", 40)],
            [indicator("evil.example", 40), expiring],
        ] {
            let index = IndicatorIndex::build(order.to_vec());
            assert!(index.domain("evil.example").unwrap().is_live(Timestamp::MAX));
        }
    }

    #[test]
    fn rails_keep_out_and_count() {
        let index = index(&["10.0.0.1", "google.com", "evil.example", "192.168.0.1:80"]);
        assert_eq!(index.len(), 1);
        assert!(index.domain("www.google.com").is_none());
        assert_eq!(index.set_aside().len(), 1);
        assert_eq!(index.refused().get(&Refusal::PrivateAddress), Some(&2));
    }

    proptest! {
        #[test]
        fn networks_agree_with_looking_at_each(
            nets in prop::collection::vec((0u32..1 << 12, 20u8..=32), 1..20),
            probe in 0u32..1 << 12,
        ) {
            let public = 198 << 24 | 51 << 16;
            let at = |low: u32| Addr::v4((public | low).to_be_bytes());
            let prefixes: Vec<Prefix> = nets.iter().filter_map(|&(low, bits)| Prefix::new(at(low), bits)).collect();
            let all = prefixes.iter().map(|p| indicator(&p.to_string(), 50)).collect();
            let index = IndicatorIndex::build(all);
            let smallest = prefixes
                .iter()
                .filter(|p| p.contains(at(probe)))
                .min_by_key(|p| p.bounds().1.bits() - p.bounds().0.bits())
                .map(|p| p.to_string().trim_end_matches("/32").to_owned());
            prop_assert_eq!(index.addr(at(probe)).map(|i| i.value.to_string()), smallest);
        }

        #[test]
        fn any_question_has_an_answer(name in "\\PC{0,80}", uri in "\\PC{0,40}") {
            let index = index(&["evil.example", "http://evil.example/x"]);
            let _ = (index.domain(&name), index.url(&name, &uri));
        }
    }
}
