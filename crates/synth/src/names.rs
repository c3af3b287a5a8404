//! Names of sites: some three hundred that nobody owns, made of ordinary words.

use crate::rng::{Rng, mix};

const FIRST: &[&str] = &[
    "amber",
    "blue",
    "bright",
    "cedar",
    "city",
    "clear",
    "coast",
    "corner",
    "daily",
    "east",
    "evergreen",
    "fair",
    "field",
    "first",
    "forest",
    "garden",
    "golden",
    "good",
    "green",
    "harbor",
    "happy",
    "high",
    "home",
    "kind",
    "lake",
    "little",
    "maple",
    "market",
    "metro",
    "morning",
    "mountain",
    "new",
    "north",
    "open",
    "orange",
    "park",
    "pine",
    "quick",
    "river",
    "silver",
    "simple",
    "south",
    "spring",
    "stone",
    "summer",
    "sunny",
    "urban",
    "valley",
    "village",
    "west",
];
const SECOND: &[&str] = &[
    "academy",
    "bakery",
    "bank",
    "bikes",
    "books",
    "cars",
    "clinic",
    "coffee",
    "dental",
    "events",
    "fitness",
    "flowers",
    "forum",
    "gazette",
    "hotel",
    "insurance",
    "journal",
    "kitchen",
    "learn",
    "maps",
    "media",
    "music",
    "news",
    "photo",
    "pharmacy",
    "post",
    "radio",
    "recipes",
    "school",
    "shop",
    "sports",
    "store",
    "studio",
    "tickets",
    "times",
    "tools",
    "travel",
    "video",
    "weather",
    "works",
];
const SUFFIXES: &[&str] =
    &["com", "com", "com", "com", "org", "net", "de", "co.uk", "fr", "it", "nl", "io", "eu"];
/// Parts of a page that come from elsewhere: each is one name for the whole world.
pub(crate) const SHARED: &[&str] = &[
    "stats.pagepulse.net",
    "cdn.scriptdepot.net",
    "fonts.typeshelf.com",
    "ads.brightexchange.com",
    "sync.brightexchange.com",
    "tags.measurely.io",
    "consent.cookiekeeper.eu",
    "player.clipstream.tv",
    "api.chatbubble.io",
    "img.picturehost.net",
    "maps.wayfinder.com",
    "static.sharebar.net",
];
/// What a site calls the machines that serve its parts.
const PARTS: &[&str] = &["static", "img", "cdn", "api", "assets", "media"];

/// How many sites there are.
pub const SITES: usize = 300;

/// The registrable name of the n-th site, by popularity.
pub fn site(n: usize) -> String {
    let mut rng = Rng::new(mix(n as u64));
    let first = FIRST.get(n % FIRST.len()).copied().unwrap_or_default();
    let second = SECOND.get((n / FIRST.len() * 7 + n) % SECOND.len()).copied().unwrap_or_default();
    format!("{first}{second}.{}", rng.pick(SUFFIXES))
}

/// The names that a page of the n-th site is made of, the page itself first.
pub(crate) fn page(rng: &mut Rng, n: usize) -> Vec<String> {
    let site = site(n);
    let mut names = vec![format!("www.{site}")];
    // Which parts a site has never changes; which a page uses does.
    let own = mix(n as u64) as usize;
    for (k, part) in PARTS.iter().enumerate() {
        if own >> k & 1 == 1 && rng.chance(0.4) {
            names.push(format!("{part}.{site}"));
        }
    }
    for (k, shared) in SHARED.iter().enumerate() {
        if own >> (8 + k) & 3 == 3 && rng.chance(0.25) {
            names.push((*shared).to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_distinct_and_well_formed() {
        let mut names: Vec<String> = (0..SITES).map(site).collect();
        for name in &names {
            assert!(name.contains('.') && name.len() < 40, "{name}");
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), SITES);
    }

    #[test]
    fn a_page_begins_with_its_site() {
        let mut rng = Rng::new(1);
        let sizes: Vec<usize> = (0..SITES).map(|n| page(&mut rng, n).len()).collect();
        assert!(sizes.iter().all(|&n| (1..=18).contains(&n)));
        assert!(page(&mut rng, 5)[0].ends_with(&site(5)));
    }
}
