//! What a host tried, against a reference that keeps every contact.

use std::collections::{BTreeMap, BTreeSet};

use ostium_event::Proto;
use proptest::prelude::*;

use super::*;

/// A contact, and whether it failed and the destination has a name.
type Contact = (FlowKey, bool, bool);

const PEER_TO_PEER: [u16; 3] = [6881, 8333, 51_413];
const PORTS: [u16; 12] = [22, 23, 80, 139, 443, 445, 853, 2323, 8080, 6881, 8333, 51_413];

fn flow(outside: Addr, port: u16, proto: Proto) -> FlowKey {
    FlowKey { outside, outside_port: port, proto, ..FlowKey::default() }
}

fn v4(n: u32) -> Addr {
    Addr::v4(n.to_be_bytes())
}

fn v6(n: u64) -> Addr {
    Addr::from_bits(0x2001_0db8 << 96 | u128::from(n))
}

fn played(contacts: &[Contact]) -> Doors {
    let mut doors = Doors::default();
    for (turn, (flow, failed, named)) in contacts.iter().enumerate() {
        doors.tried(flow, Timestamp::from_secs(1 + turn as u64), *failed, *named);
    }
    doors
}

/// The first contact of each address, port and protocol.
fn firsts(contacts: &[Contact]) -> Vec<Contact> {
    let mut met = BTreeSet::new();
    let web = |port: u16| [80, 443, 853, 5228].contains(&port);
    let counts = |(flow, failed, _): &&Contact| {
        !(*failed && !flow.outside.is_v4() && web(flow.outside_port))
    };
    let fresh = |(flow, ..): &&Contact| met.insert((flow.outside, flow.outside_port, flow.proto.0));
    contacts.iter().filter(counts).filter(fresh).copied().collect()
}

/// Shut and open of each.
fn tally<T: Ord>(
    contacts: &[Contact],
    of: impl Fn(&Contact) -> Option<T>,
) -> BTreeMap<T, (u32, u32)> {
    let mut tally: BTreeMap<T, (u32, u32)> = BTreeMap::new();
    for contact in contacts {
        let Some(of) = of(contact) else { continue };
        let count = tally.entry(of).or_default();
        *(if contact.1 { &mut count.0 } else { &mut count.1 }) += 1;
    }
    tally
}

fn ports_of(contacts: &[Contact]) -> BTreeMap<u16, (u32, u32)> {
    tally(contacts, |(flow, _, named)| (!named).then_some(flow.outside_port))
}

fn addrs_of(contacts: &[Contact]) -> BTreeMap<Addr, (u32, u32)> {
    tally(contacts, |(flow, ..)| Some(flow.outside))
}

/// Each count is at most the true one; what is common to more than its share is not missed.
/// `missed` contacts were taken for known ones.
fn holds<T: Ord + Copy + std::fmt::Debug>(
    counts: &[Count<T>],
    truth: &BTreeMap<T, (u32, u32)>,
    missed: u32,
) -> Result<(), TestCaseError> {
    let all: u32 = truth.values().map(|(shut, open)| shut + open).sum();
    // Space-saving counts are off by at most this; exact while all have a place.
    let off = if truth.len() <= FOLLOWED { 0 } else { all / FOLLOWED as u32 };
    for (of, (shut, open)) in truth {
        let found = counts.iter().find(|c| c.of == *of).map_or((0, 0), |c| (c.shut, c.open));
        prop_assert!(found.0 <= *shut && found.1 <= *open, "{of:?} {found:?} {shut} {open}");
        let least = (shut + open).saturating_sub(off + missed);
        prop_assert!(found.0 + found.1 >= least, "{of:?} {found:?} of {shut}, {open}; {off}");
    }
    prop_assert!(counts.len() <= FOLLOWED);
    Ok(())
}

/// Contacts of some hosts and ports, met again and again.
fn contacts() -> impl Strategy<Value = Vec<Contact>> {
    let proto = prop::sample::select(vec![Proto::TCP, Proto::TCP, Proto::UDP]);
    let addr = prop_oneof![
        4 => (0u32..40).prop_map(|n| v4(0xcb00_7100 + n)),
        1 => (0u64..9).prop_map(v6),
    ];
    let port = prop_oneof![
        3 => prop::sample::select(PORTS.to_vec()),
        1 => any::<u16>(),
    ];
    let contact = (addr, port, proto, any::<bool>(), prop::bool::weighted(0.2));
    let contact =
        contact.prop_map(|(a, port, proto, failed, named)| (flow(a, port, proto), failed, named));
    prop::collection::vec(contact, 0..400)
}

proptest! {
    #[test]
    fn counts_what_all_contacts_together_tell(contacts in contacts()) {
        let (doors, firsts) = (played(&contacts), firsts(&contacts));
        let counted = doors.shut + doors.open;
        let missed = (firsts.len() as u32).checked_sub(counted);
        prop_assert!(missed.is_some_and(|n| n <= 4 + firsts.len() as u32 / 32), "{missed:?}");
        let missed = missed.unwrap_or_default();
        prop_assert!(doors.shut <= firsts.iter().filter(|c| c.1).count() as u32);
        let (ports, addrs) = (ports_of(&firsts), addrs_of(&firsts));
        holds(&doors.by_port, &ports, missed)?;
        holds(&doors.by_addr, &addrs, missed)?;
        if missed == 0 && ports.len() <= FOLLOWED {
            let few = ports.iter().filter(|(port, n)| n.0 >= 3 && !PEER_TO_PEER.contains(port));
            let (shut, open) = few.fold((0, 0), |sum, (_, n)| (sum.0 + n.0, sum.1 + n.1));
            let found = doors.horizontal();
            prop_assert_eq!((found.shut, found.open), (shut, open));
            prop_assert_eq!(found.concentrated, shut >= 8 && shut * 2 >= doors.shut);
        }
        if missed == 0 && addrs.len() <= FOLLOWED {
            let most = addrs.values().map(|n| n.0).max().unwrap_or_default();
            prop_assert_eq!(doors.vertical().shut, most);
        }
    }

    #[test]
    fn what_is_common_is_found_among_what_is_rare(
        scanned in 40usize..300, turns in any::<u64>(), rare in any::<u32>(),
    ) {
        // Every other contact is one more address on the port that is scanned; the others have
        // ports of their own, the first of them twice.
        let mut contacts: Vec<Contact> = (0..16u32)
            .map(|n| (flow(v4(rare.wrapping_add(n)), 20_000 + n as u16 / 2, Proto::TCP), true, false))
            .collect();
        for n in 0..scanned as u32 {
            let own = 30_000 + n as u16;
            let two = [(v4(0x0b00_0000 + n), 23), (v4(0x0c00_0000 + n), own)];
            let two = if turns >> (n % 64) & 1 == 0 { two } else { [two[1], two[0]] };
            contacts.extend(two.map(|(addr, port)| (flow(addr, port, Proto::TCP), true, false)));
        }
        let doors = played(&contacts);
        let missed = contacts.len() as u32 - doors.shut;
        holds(&doors.by_port, &ports_of(&contacts), missed)?;
    }

    // The filter takes few new contacts for known ones, in whatever order doors are tried.
    #[test]
    fn few_new_contacts_are_taken_for_known(
        base in any::<u32>(), step in 1u32..70_000, count in 1u32..FILTERED, shape in 0u8..6,
    ) {
        let nth = |n: u32| base.wrapping_add(n.wrapping_mul(step));
        let contact = |n: u32| match shape {
            0 => flow(v4(nth(n)), 445, Proto::TCP),
            1 => flow(v4(nth(n / 2)), if n.is_multiple_of(2) { 23 } else { 2323 }, Proto::TCP),
            2 => flow(v4(base), (nth(n) % 65_536) as u16, Proto::TCP),
            3 => flow(v4(nth(n / 100)), 1 + (n % 100) as u16, Proto::TCP),
            4 => flow(v6(u64::from(base) << 32 | u64::from(nth(n))), 22, Proto::TCP),
            _ => flow(v6(u64::from(nth(n)) << 32 | 1), 22, Proto::UDP),
        };
        let contacts: Vec<Contact> = (0..count).map(|n| (contact(n), true, false)).collect();
        let distinct = firsts(&contacts).len() as u32;
        let missed = distinct - played(&contacts).shut;
        prop_assert!(missed <= 4 + distinct / 32, "{missed} of {distinct}, shape {shape}");
    }
}

#[test]
fn times_come_in_any_order() {
    let mut doors = Doors::default();
    for secs in [50, 20, 90, 60] {
        let to = flow(v4(secs), 22, Proto::TCP);
        doors.tried(&to, Timestamp::from_secs(u64::from(secs)), true, false);
    }
    let secs = (doors.first().secs(), doors.last().secs());
    assert_eq!((secs, doors.example()), ((20, 90), Some((v4(60), 22))));
}
