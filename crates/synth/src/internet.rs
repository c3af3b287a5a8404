//! The outside: where names lead, how far away that is, and how their servers speak.
//!
//! Everything follows from the seed and the name, so no table of servers is kept. Addresses lie
//! in ranges that large providers announce, because documentation ranges would be treated
//! specially; nothing is ever sent to them.

use ostium_event::{Addr, Span, Timestamp};

use crate::rng::{Rng, mix, mix_text};

/// The outside world of one seed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Internet {
    seed: u64,
    start: Timestamp,
}

/// What stands behind a name.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) v4: Vec<Addr>,
    pub(crate) v6: Option<Addr>,
    /// The name that it stands for, when a content network serves it.
    pub(crate) alias: Option<String>,
    /// Seconds that an answer may be kept.
    pub(crate) ttl: u32,
    /// Speaks TLS 1.3 to those who can.
    pub(crate) modern: bool,
}

const DAY: u64 = 86_400;
/// Days after which a certificate is renewed.
const RENEWAL: u64 = 60;

/// First two bytes of ranges of content networks.
const EDGES: &[[u8; 2]] = &[
    [104, 16],
    [104, 18],
    [172, 67],
    [151, 101],
    [199, 232],
    [23, 45],
    [23, 192],
    [13, 32],
    [13, 225],
    [142, 250],
    [142, 251],
    [20, 50],
    [40, 90],
];

/// First two bytes of ranges of hosting companies.
const HOSTS: &[[u8; 2]] = &[
    [5, 9],
    [46, 4],
    [51, 15],
    [78, 46],
    [88, 198],
    [94, 130],
    [116, 203],
    [134, 119],
    [138, 68],
    [157, 90],
    [167, 99],
    [185, 199],
    [195, 201],
    [213, 133],
];

/// Where people at home are.
const HOMES: &[u8] = &[24, 62, 71, 77, 79, 81, 82, 84, 86, 90, 93, 109, 176, 178, 188, 217];

// === impl Internet ===

impl Internet {
    /// The outside of a seed, of a world that begins at `start`.
    pub(crate) const fn new(seed: u64, start: Timestamp) -> Self {
        Self { seed, start }
    }

    /// A source of chance that belongs to a thing, whoever asks.
    pub(crate) fn chance_of(&self, what: &str) -> Rng {
        Rng::fork(self.seed, what)
    }

    /// What stands behind a name.
    pub(crate) fn site(&self, name: &str) -> Site {
        let mut rng = Rng::fork(self.seed, name);
        let edge = rng.chance(0.6);
        let count = if edge { rng.size(1, 4) } else { 1 };
        let net: [u8; 2] = rng.pick(if edge { EDGES } else { HOSTS });
        let (third, fourth) = (rng.below(256) as u8, rng.size(2, 240) as u8);
        let host = |n: usize| Addr::v4([net[0], net[1], third, fourth.wrapping_add(n as u8)]);
        let low = rng.next();
        let v6 = edge.then(|| Addr::from_bits(0x2606_4700 << 96 | u128::from(low)));
        let label = rng.text("abcdefghjkmnpqrstuvwxyz23456789", 6);
        Site {
            v4: (0..count).map(host).collect(),
            v6,
            alias: (edge && rng.chance(0.6)).then(|| format!("{label}.edge.webcdn.net")),
            ttl: rng.pick(&[60, 120, 300, 300, 600, 3600]),
            modern: rng.chance(if edge { 0.9 } else { 0.5 }),
        }
    }

    /// The day on which the certificate that a name shows at `at` was issued: they last 90 days and
    /// are renewed after 60.
    pub(crate) fn renewed(&self, name: &str, at: Timestamp) -> Timestamp {
        let phase = mix_text(self.seed, name) % RENEWAL;
        let day = at.secs() / DAY;
        Timestamp::from_secs((day - (day + phase) % RENEWAL) * DAY)
    }

    /// A day before the world began, at least `low` and at most `high` days: when a thing was set
    /// up.
    pub(crate) fn born(&self, what: &str, (low, high): (usize, usize)) -> Timestamp {
        let age = self.chance_of(what).size(low, high) as u64;
        Timestamp::from_secs((self.start.secs() / DAY).saturating_sub(age) * DAY)
    }

    /// The one address that stands for a thing without a name.
    pub(crate) fn bare(&self, what: &str) -> Addr {
        let mut rng = Rng::fork(self.seed, what);
        let net: [u8; 2] = rng.pick(HOSTS);
        Addr::v4([net[0], net[1], rng.below(256) as u8, rng.size(2, 250) as u8])
    }

    /// Somebody's line at home.
    pub(crate) fn peer(&self, rng: &mut Rng) -> Addr {
        let bytes = [rng.below(256), rng.below(256), rng.size(2, 250)].map(|byte| byte as u8);
        Addr::v4([rng.pick(HOMES), bytes[0], bytes[1], bytes[2]])
    }

    /// Any address that can be routed, as a scanner draws them.
    pub(crate) fn anywhere(&self, rng: &mut Rng) -> Addr {
        loop {
            let addr = Addr::v4((rng.next() as u32).to_be_bytes());
            if !addr.is_private() {
                return addr;
            }
        }
    }

    /// Time there and back: the same for all of a site, 8 ms to 140 ms.
    pub(crate) fn round_trip(&self, addr: Addr) -> Span {
        let site = addr.site().bits();
        let hash = mix(self.seed ^ site as u64 ^ (site >> 64) as u64);
        let far = hash % 100;
        Span::from_nanos((8 + far * far / 75) * 1_000_000 + (hash >> 32) % 900 * 1000)
    }

    /// The time to live that is left of a packet from there.
    pub(crate) fn ttl(&self, addr: Addr) -> u8 {
        let hash = mix_text(self.seed, "ttl") ^ addr.site().bits() as u64;
        let hops = 7 + (mix(hash) % 13) as u8;
        if mix(hash ^ 1).is_multiple_of(5) { 128 - hops } else { 64 - hops }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_always_lead_to_the_same_public_place() {
        let net = Internet::new(3, Timestamp::ZERO);
        for n in 0..500 {
            let name = format!("site{n}.example");
            let site = net.site(&name);
            assert_eq!(site.v4, net.site(&name).v4);
            assert!(!site.v4.is_empty() && site.v4.iter().all(|a| !a.is_private()));
            assert!(site.v6.is_none_or(|a| !a.is_private()));
            let trip = net.round_trip(site.v4[0]).secs_f64();
            assert!((0.008..0.145).contains(&trip), "{trip}");
        }
    }

    #[test]
    fn certificates_are_renewed_in_time() {
        let net = Internet::new(3, Timestamp::from_secs(20_000 * DAY));
        let issued = |day: u64| net.renewed("a.example", Timestamp::from_secs(day * DAY + 5));
        let mut days: Vec<u64> = (20_000..20_200).map(|day| issued(day).secs() / DAY).collect();
        assert!(days.iter().zip(20_000..).all(|(issued, day)| (0..60).contains(&(day - issued))));
        days.dedup();
        assert!((4..=5).contains(&days.len()), "{days:?}");
        assert!((4..=20).contains(&(20_000 - net.born("b", (4, 20)).secs() / DAY)));
    }

    #[test]
    fn scanners_and_peers_stay_outside() {
        let net = Internet::new(3, Timestamp::ZERO);
        let mut rng = Rng::new(1);
        for _ in 0..5000 {
            assert!(!net.anywhere(&mut rng).is_private());
            assert!(!net.peer(&mut rng).is_private());
        }
    }
}
