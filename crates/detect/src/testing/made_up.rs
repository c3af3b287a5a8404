//! Names that machines make up, by shapes that families of malware are known for, and names that
//! people mistype. The generators are our own; no name here is of a sample.

use std::collections::BTreeSet;

use super::Chance;

/// The shape of a domain generation algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Letters drawn evenly, 12 to 20 of them.
    Letters,
    /// Few letters drawn evenly, 8 to 11, as the first great worms did.
    FewLetters,
    /// Letters and digits, 16 to 28.
    Mixed,
    /// Hexadecimal digests of 32.
    Digest,
    /// Consonants mostly.
    Consonants,
    /// Two words of a short dictionary.
    Words,
}

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";
const HEX: &[u8] = b"0123456789abcdef";
const BASE32: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";
const TOPS: &[&str] = &["com", "net", "org", "info", "biz", "ru"];
const WORDS: &[&str] = &[
    "river", "stone", "cloud", "green", "table", "market", "silver", "window", "garden", "winter",
    "paper", "travel", "music", "coffee", "bridge", "flower", "forest", "harbor", "letter",
    "summer", "castle", "valley", "orange", "planet", "rocket", "shadow", "temple", "velvet",
    "yellow", "school",
];

// === impl Family ===

impl Family {
    pub(crate) const RANDOM: [Self; 5] =
        [Self::Letters, Self::FewLetters, Self::Mixed, Self::Digest, Self::Consonants];

    /// `count` distinct names.
    pub(crate) fn names(self, count: usize, chance: &mut Chance) -> Vec<String> {
        let mut names = BTreeSet::new();
        let mut order = Vec::new();
        while order.len() < count {
            let name = format!("{}.{}", self.label(chance), chance.pick(TOPS));
            if names.insert(name.clone()) {
                order.push(name);
            }
        }
        order
    }

    fn label(self, chance: &mut Chance) -> String {
        let mut long = |low: u64, high: u64| (low + chance.below(high - low + 1)) as usize;
        match self {
            Self::Letters => {
                let n = long(12, 20);
                chance.text(LETTERS, n)
            }
            Self::FewLetters => {
                let n = long(8, 11);
                chance.text(LETTERS, n)
            }
            Self::Mixed => {
                let n = long(16, 28);
                chance.text(&[LETTERS, DIGITS].concat(), n)
            }
            Self::Digest => chance.text(HEX, 32),
            Self::Consonants => {
                let n = long(11, 15);
                chance.text(b"bcdfghjklmnpqrstvwxz", n)
            }
            Self::Words => format!("{}{}", chance.pick(WORDS), chance.pick(WORDS)),
        }
    }
}

/// Bytes as a tunnel writes them.
pub(crate) fn hex(chance: &mut Chance, count: usize) -> String {
    chance.text(HEX, count)
}

/// Bytes as a tunnel writes them.
pub(crate) fn base32(chance: &mut Chance, count: usize) -> String {
    chance.text(BASE32, count)
}

/// Names that people meant, with a letter doubled, lost or swapped, under common tops.
pub(crate) fn human_names(count: usize, chance: &mut Chance) -> Vec<String> {
    let mut names = BTreeSet::new();
    while names.len() < count {
        let mut name: Vec<char> =
            format!("{}{}", chance.pick(WORDS), chance.pick(WORDS)).chars().collect();
        let at = 1 + chance.below(name.len() as u64 - 2) as usize;
        match chance.below(3) {
            0 => name.insert(at, name[at]),
            1 => drop(name.remove(at)),
            _ => name.swap(at, at + 1),
        }
        let label: String = name.into_iter().collect();
        names.insert(format!("{label}.{}", chance.pick(&["com", "de", "org"])));
    }
    names.into_iter().collect()
}
