//! The doors that one host tried.

#[cfg(test)]
mod tests;

use ostium_event::{Addr, FlowKey, Timestamp};

/// Bits of the filter of contacts, and contacts after which it begins anew (by then one new contact
/// in twenty is taken for a known one, and one in sixty of all).
const FILTER_BITS: usize = 8192;
const FILTERED: u32 = 1024;
/// Ports (for many addresses) and addresses (for many ports) followed at once.
const FOLLOWED: usize = 8;

/// First contacts of one host.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Doors {
    filter: Option<Box<Filter>>,
    filtered: u32,
    by_port: Vec<Count<u16>>,
    by_addr: Vec<Count<Addr>>,
    shut: u32,
    open: u32,
    sequences: u32,
    first: Timestamp,
    last: Timestamp,
    example: Option<(Addr, u16)>,
}

/// A Bloom filter (Bloom 1970).
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Filter(#[serde(with = "ostium_profile::keep::array")] [u64; FILTER_BITS / 64]);

#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Count<T> {
    of: T,
    shut: u32,
    open: u32,
    /// What may have been missed: the rank of those that had this place before.
    before: u32,
}

/// The best picture of a scan.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) shut: u32,
    pub(super) open: u32,
    /// Most of what failed has the same few ports, or the same address.
    pub(super) concentrated: bool,
    pub(super) words: &'static str,
}

// === impl Doors ===

impl Doors {
    /// A contact that ended. Only the first of each address and port counts.
    pub(super) fn tried(&mut self, flow: &FlowKey, at: Timestamp, failed: bool, named: bool) {
        if (failed && is_dead_v6(flow)) || self.was_tried(print(flow)) {
            return;
        }
        self.saw(at);
        if failed {
            self.shut += 1;
            self.example = Some((flow.outside, flow.outside_port));
        } else {
            self.open += 1;
        }
        // A dead name is no scan of addresses; many ports of one name are still many ports.
        if !named {
            count(&mut self.by_port, flow.outside_port, failed);
        }
        count(&mut self.by_addr, flow.outside, failed);
    }

    /// Was this contact met before? Two bits of the filter say so.
    fn was_tried(&mut self, print: u64) -> bool {
        if self.filtered >= FILTERED {
            self.filter = None;
            self.filtered = 0;
        }
        let filter = self.filter.get_or_insert_with(|| Box::new(Filter([0; FILTER_BITS / 64])));
        let mut known = true;
        for at in [(print >> 19) as usize % FILTER_BITS, (print >> 45) as usize % FILTER_BITS] {
            if let Some(word) = filter.0.get_mut(at / 64) {
                known &= *word & (1 << (at % 64)) != 0;
                *word |= 1 << (at % 64);
            }
        }
        self.filtered += u32::from(!known);
        known
    }

    pub(super) fn sequence_is_address(&mut self, at: Timestamp) {
        self.saw(at);
        self.sequences = self.sequences.saturating_add(1);
    }

    fn saw(&mut self, at: Timestamp) {
        if self.first == Timestamp::ZERO {
            self.first = at;
        }
        self.first = self.first.min(at);
        self.last = self.last.max(at);
    }

    /// Many addresses on the same few ports.
    pub(super) fn horizontal(&self) -> Found {
        let few: Vec<&Count<u16>> =
            self.by_port.iter().filter(|c| c.shut >= 3 && !is_peer_port(c.of)).collect();
        let shut: u32 = few.iter().map(|c| c.shut).sum();
        let open: u32 = few.iter().map(|c| c.open).sum();
        let concentrated = shut >= 8 && f64::from(shut) >= 0.5 * f64::from(self.shut);
        Found { shut, open, concentrated, words: "addresses on the same few ports" }
    }

    /// Many ports of one address.
    pub(super) fn vertical(&self) -> Found {
        let most = self.by_addr.iter().max_by_key(|c| c.shut);
        let (shut, open) = most.map_or((0, 0), |c| (c.shut, c.open));
        Found { shut, open, concentrated: shut >= 8, words: "ports of one address" }
    }

    pub(super) const fn sequences(&self) -> u32 {
        self.sequences
    }

    pub(super) fn ports(&self) -> u32 {
        self.by_port.len() as u32
    }

    pub(super) const fn first(&self) -> Timestamp {
        self.first
    }

    pub(super) const fn last(&self) -> Timestamp {
        self.last
    }

    pub(super) const fn example(&self) -> Option<(Addr, u16)> {
        self.example
    }
}

/// A web page over IPv6 that did not answer: programs try both families, and many networks carry
/// one only (RFC 8305). Nobody scans IPv6 at random.
const fn is_dead_v6(flow: &FlowKey) -> bool {
    !flow.outside.is_v4() && matches!(flow.outside_port, 80 | 443 | 853 | 5228)
}

/// Ports on which peer-to-peer programs call many peers that are long gone: eDonkey, Gnutella,
/// BitTorrent, Bitcoin and its kin, Ethereum, Monero, Tor.
const fn is_peer_port(port: u16) -> bool {
    matches!(
        port,
        2710 | 4662 | 4672 | 6346 | 6347 | 6881
            ..=6999
                | 8333
                | 8444
                | 9001
                | 9030
                | 9333
                | 9999
                | 16881
                | 18080
                | 18333
                | 22556
                | 26656
                | 30303
                | 30304
                | 51413
    )
}

/// Counts in a short list; what is rarest makes room, and whoever follows inherits its rank, so that
/// what has more than its share of all contacts stays (space-saving, Metwally et al. 2005). Counts
/// are what is certain: too low by at most that share, never too high.
fn count<T: PartialEq>(counts: &mut Vec<Count<T>>, of: T, failed: bool) {
    let found = counts.iter().position(|c| c.of == of);
    let place = match found {
        Some(place) => place,
        None if counts.len() < FOLLOWED => {
            counts.push(Count { of, shut: 0, open: 0, before: 0 });
            counts.len() - 1
        }
        None => {
            let ranks = counts.iter().map(|c| c.before + c.shut + c.open).enumerate();
            let Some((place, before)) = ranks.min_by_key(|(_, rank)| *rank) else {
                return;
            };
            if let Some(slot) = counts.get_mut(place) {
                *slot = Count { of, shut: 0, open: 0, before };
            }
            place
        }
    };
    if let Some(slot) = counts.get_mut(place) {
        if failed {
            slot.shut += 1;
        } else {
            slot.open += 1;
        }
    }
}

/// A number in which every bit hangs on every bit of address, port and protocol.
fn print(flow: &FlowKey) -> u64 {
    let bits = flow.outside.bits();
    let door = u64::from(flow.outside_port) << 8 | u64::from(flow.proto.0);
    [bits as u64, (bits >> 64) as u64, door].into_iter().fold(0, |print, part| mixed(print ^ part))
}

/// The finish of MurmurHash3 (Appleby 2011).
const fn mixed(mut x: u64) -> u64 {
    x = (x ^ x >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ x >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ x >> 33
}
