//! How popular a name is.
//!
//! Bias: the list is made of several years, so that a name that was popular ten years ago still
//! counts, in the last class. Popularity says that many people ask for the name, not that the
//! name is harmless.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use crate::{lines, registrable};

/// Upper bounds of the classes that the list's last column counts.
const CLASSES: &[(&str, u32)] = &[("0", 1_000), ("1", 10_000), ("2", 20_000)];

static TABLE: LazyLock<HashMap<&'static str, u32, FixedState>> = LazyLock::new(|| {
    lines(include_str!("../../../data/derived/popular.txt"))
        .filter_map(|line| {
            let (name, class) = line.split_once(' ')?;
            let (_, rank) = CLASSES.iter().find(|(letter, _)| *letter == class)?;
            Some((name, *rank))
        })
        .collect()
});

/// Upper bound of the rank of the name's registrable part: 1,000, 10,000 or 20,000; `None` when it is
/// not popular.
pub fn popularity(name: &str) -> Option<u32> {
    TABLE.get(registrable(name)?).copied()
}

/// Is this very name, a registrable one, popular?
pub(crate) fn is_listed(registrable: &str) -> bool {
    TABLE.contains_key(registrable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_popular() {
        assert_eq!(popularity("www.google.com"), Some(1_000));
        assert_eq!(popularity("wikipedia.org."), Some(1_000));
        assert!(popularity("bbc.co.uk").is_some_and(|rank| rank <= 10_000));
        assert_eq!(popularity("qzkxwvjq.com"), None);
        assert_eq!(popularity("google.com.evil.qzkx.ru"), None);
        assert_eq!(popularity("google"), None);
    }

    #[test]
    fn tenants_are_not_popular() {
        assert_eq!(popularity("someone-or-other.github.io"), None);
        assert_eq!(popularity("someone-or-other.ddns.net"), None);
    }

    #[test]
    fn the_list_is_whole() {
        assert!(TABLE.len() >= 20_000, "{}", TABLE.len());
        let listed = lines(include_str!("../../../data/derived/popular.txt")).count();
        assert_eq!(TABLE.len(), listed);
    }
}
