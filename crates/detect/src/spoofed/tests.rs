//! Tests of spoofed sources.

use ostium_event::{Addr, Timestamp};
use ostium_evidence::Group;

use super::{Origins, spoofed_sources};

const MAC: u64 = 0x0200_0000_0007;
const HOST: Addr = Addr::v4([10, 0, 0, 7]);
const VICTIM: Addr = Addr::v4([203, 0, 113, 80]);

fn source(n: u32) -> Addr {
    let [_, b, c, d] = n.to_be_bytes();
    Addr::v4([198, b, c, d])
}

/// Packets under made-up addresses, from one hardware address.
fn lies(mac: u64, sources: u32) -> Origins {
    let mut origins = Origins::default();
    for n in 0..sources {
        origins.foreign(Timestamp::from_secs(100 + u64::from(n)), mac, source(n), VICTIM);
    }
    origins
}

#[test]
fn many_made_up_sources_convict_the_only_host_of_the_card() {
    let mut origins = lies(MAC, 500);
    origins.inside(MAC, HOST);
    let found = spoofed_sources(&origins);
    let [(host, item)] = &found[..] else { panic!("{found:?}") };
    assert_eq!(*host, HOST);
    assert!(item.certain && item.group == Group::Behaviour, "{item:?}");
    assert_eq!(item.about.peer().unwrap().addr, Some(VICTIM));
    assert!(item.summary.contains("at least 64"), "{}", item.summary);
    assert_eq!((item.first.secs(), item.last.secs()), (100, 599));
}

#[test]
fn few_made_up_sources_do_not_convict() {
    let mut origins = lies(MAC, 12);
    origins.inside(MAC, HOST);
    let found = spoofed_sources(&origins);
    assert!(!found[0].1.certain, "{found:?}");
    let mut origins = lies(MAC, 3);
    origins.inside(MAC, HOST);
    assert!(spoofed_sources(&origins).is_empty(), "they may be its own, which home leaves out");
}

#[test]
fn a_card_of_nobody_or_of_several_accuses_nobody() {
    assert!(spoofed_sources(&lies(MAC, 500)).is_empty());
    let mut origins = lies(MAC, 500);
    origins.inside(MAC, HOST);
    origins.inside(MAC, Addr::v4([10, 0, 0, 8]));
    assert!(spoofed_sources(&origins).is_empty(), "a router's card");
    let mut origins = lies(MAC, 500);
    origins.inside(MAC + 1, HOST);
    assert!(spoofed_sources(&origins).is_empty(), "another's card");
    let mut origins = lies(0, 500);
    origins.inside(0, HOST);
    assert!(spoofed_sources(&origins).is_empty(), "no card is known");
}

#[test]
fn addresses_of_no_one_are_no_lies() {
    let mut origins = Origins::default();
    origins.inside(MAC, HOST);
    for n in 0..100u8 {
        origins.foreign(Timestamp::from_secs(1), MAC, Addr::v4([169, 254, 1, n]), VICTIM);
        origins.foreign(Timestamp::from_secs(1), MAC, source(n.into()), Addr::v4([224, 0, 0, n]));
    }
    assert!(spoofed_sources(&origins).is_empty());
}

#[test]
fn a_router_forwards_for_others() {
    // A network behind the only host with this card, which home does not name: it is sent to.
    let mut origins = Origins::default();
    origins.inside(MAC, HOST);
    for n in 0..200 {
        let peer = Addr::v4([203, 0, 113, n as u8]);
        origins.foreign(Timestamp::from_secs(n), MAC, source(n as u32), peer);
        origins.foreign(Timestamp::from_secs(n), MAC + 9, peer, source(n as u32));
    }
    assert!(spoofed_sources(&origins).is_empty());
}

#[test]
fn shards_together_say_what_one_would() {
    let mut whole = lies(MAC, 40);
    whole.inside(MAC, HOST);
    let mut parts = Origins::default();
    for part in 0..4 {
        let mut origins = Origins::default();
        for n in (0..40).filter(|n| n % 4 == part) {
            origins.foreign(Timestamp::from_secs(100 + u64::from(n)), MAC, source(n), VICTIM);
        }
        if part == 2 {
            origins.inside(MAC, HOST);
        }
        parts.merge(&origins);
    }
    assert_eq!(spoofed_sources(&whole), spoofed_sources(&parts));
    // Two hosts behind one card, seen in two shards.
    let mut other = Origins::default();
    other.inside(MAC, Addr::v4([10, 0, 0, 9]));
    parts.merge(&other);
    assert!(spoofed_sources(&parts).is_empty());
}

#[test]
fn memory_is_bounded() {
    let mut origins = Origins::default();
    for n in 0..20_000u32 {
        origins.inside(u64::from(n) + 1, source(n));
        origins.foreign(Timestamp::from_secs(1), u64::from(n) + 1, source(n), VICTIM);
    }
    assert!(origins.inside.len() <= super::FOLLOWED && origins.foreign.len() <= super::FOLLOWED);
}
