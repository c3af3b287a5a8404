//! Questions good and bad, answered by bytes.

use std::str::FromStr;

use domain::base::{Name, Serial, Ttl};
use domain::rdata::{Cname, ZoneRecordData};
use domain::tsig::{ClientSequence, ClientTransaction};
use proptest::prelude::*;

use super::*;
use crate::zone::tests::{rules, zone};
use crate::{OnBlock, Peer, TsigKey, ZoneConfig};

const SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const OTHER: &str = "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const NOW: u64 = 1_800_000_000;

fn key(secret: &str) -> Arc<Key> {
    Arc::clone(TsigKey::new("k", secret).unwrap().shared())
}

/// 192.0.2.1 has a key, 192.0.2.2 has none.
fn peers() -> Peers {
    let key = TsigKey::new("k", SECRET).unwrap();
    let peer = |last, key| Peer { addr: [192, 0, 2, last].into(), notify: None, key };
    Peers::new(vec![peer(1, Some(key)), peer(2, None)])
}

fn question(name: &str, kind: Rtype, serial: Option<u32>) -> AdditionalBuilder<Vec<u8>> {
    let mut builder = MessageBuilder::new_vec();
    builder.header_mut().set_id(77);
    let mut questions = builder.question();
    let name = Name::<Vec<u8>>::from_str(name).unwrap();
    questions.push((&name, kind)).unwrap();
    let mut authority = questions.answer().authority();
    if let Some(serial) = serial {
        let zero = Ttl::ZERO;
        let soa = Soa::new(&name, &name, Serial(serial), zero, zero, zero, zero);
        authority.push((&name, zero, soa)).unwrap();
    }
    authority.additional()
}

fn ask(zone: &Zone, bytes: &[u8], last: u8, by: Transport) -> (Kind, Vec<Vec<u8>>) {
    let (kind, answer) = answer(bytes, [192, 0, 2, last].into(), by, zone, &peers(), NOW);
    (kind, answer.messages(NOW))
}

fn records(messages: &[Vec<u8>]) -> Vec<String> {
    let mut all = Vec::new();
    for bytes in messages {
        let message = Message::from_octets(bytes).unwrap();
        assert!(message.header().qr() && message.header().aa());
        assert_eq!((message.header().id(), message.header().rcode()), (77, Rcode::NOERROR));
        for record in message.answer().unwrap().limit_to::<ZoneRecordData<_, _>>() {
            let record = record.unwrap();
            all.push(format!("{} {}", record.owner(), record.data()));
        }
    }
    all
}

#[test]
fn a_zone_of_many_names_comes_in_messages_that_are_signed_in_a_row() {
    let names: Vec<_> = (0..3000).map(|n| format!("name-{n}.example")).collect();
    let zone = zone(&names);
    let mut asked = question("rpz.test", Rtype::AXFR, None);
    let mut sequence = ClientSequence::request(key(SECRET), &mut asked, time(NOW)).unwrap();
    let (kind, messages) = ask(&zone, &asked.finish(), 1, Transport::Tcp);
    assert_eq!(kind, Kind::Whole);
    assert!(messages.len() > 5 && messages.iter().all(|m| m.len() < LONGEST), "{}", messages.len());
    let all = records(&messages);
    assert_eq!(all.len(), 2 * 3000 + 3);
    assert_eq!(all.first(), all.last());
    assert!(all[0].starts_with("rpz.test localhost. root.localhost. 7 "), "{}", all[0]);
    assert!(all.contains(&"*.name-2999.example.rpz.test .".to_owned()), "{:?}", all[5]);
    for bytes in messages {
        let mut message = Message::from_octets(bytes).unwrap();
        sequence.answer(&mut message, time(NOW)).unwrap();
    }
    sequence.done().unwrap();
}

/// Of a message with its signature.
const LONGEST: usize = 16_300;

#[test]
fn changes_are_sent_to_who_has_the_zone_and_nothing_to_who_has_it_all() {
    let mut zone = zone(&["a.example", "b.example"]);
    zone.publish(rules(&["b.example", "c.example"], &[]));
    let ixfr = |serial| question("rpz.test", Rtype::IXFR, Some(serial)).finish();
    let (kind, messages) = ask(&zone, &ixfr(7), 2, Transport::Tcp);
    let all = records(&messages);
    assert_eq!(kind, Kind::Steps);
    let short: Vec<_> = all.iter().map(|r| r.split(" localhost. root").next().unwrap()).collect();
    assert_eq!(
        short,
        [
            "rpz.test",
            "rpz.test",
            "a.example.rpz.test .",
            "*.a.example.rpz.test .",
            "rpz.test",
            "c.example.rpz.test .",
            "*.c.example.rpz.test .",
            "rpz.test"
        ]
    );
    for (serial, by, kind, len) in [
        (8, Transport::Tcp, Kind::Soa, 1),
        (3, Transport::Tcp, Kind::Whole, 7),
        (7, Transport::Udp, Kind::Soa, 1),
    ] {
        let (got, messages) = ask(&zone, &ixfr(serial), 2, by);
        assert_eq!((got, records(&messages).len()), (kind, len));
    }
}

#[test]
fn a_garden_and_exceptions_are_said_as_resolvers_know_them() {
    let on_block = OnBlock::Garden("Garden.example.".to_owned());
    let config = ZoneConfig { on_block, ..ZoneConfig::new("RPZ.test.") };
    let zone = Zone::new(config, 6, rules(&["a.example"], &["b.example"])).unwrap();
    let asked = question("rpz.TEST", Rtype::AXFR, None).finish();
    let all = records(&ask(&zone, &asked, 2, Transport::Tcp).1);
    // The name of the zone is written once, as it was asked for.
    let all: Vec<_> = all.iter().map(|record| record.to_lowercase()).collect();
    assert_eq!(all[2], "a.example.rpz.test garden.example.");
    assert_eq!(all[5], "*.b.example.rpz.test rpz-passthru.");
}

#[test]
fn each_fault_has_its_answer() {
    let zone = zone(&["a.example"]);
    let soa = || question("rpz.test", Rtype::SOA, None);
    let plain = soa().finish();
    let mut two = soa().builder().question();
    two.push((Name::<Vec<u8>>::from_str("rpz.test").unwrap(), Rtype::SOA)).unwrap();
    two.push((Name::<Vec<u8>>::from_str("rpz.test").unwrap(), Rtype::SOA)).unwrap();
    let mut update = plain.clone();
    update[2] |= 5 << 3;
    let signed = |secret, at| {
        let mut asked = soa();
        ClientTransaction::request(key(secret), &mut asked, time(at)).unwrap();
        asked.finish()
    };
    let (udp, tcp) = (Transport::Udp, Transport::Tcp);
    let of = |name, kind| question(name, kind, None).finish();
    let cases = [
        (plain.clone(), 2, udp, Kind::Soa, Rcode::NOERROR),
        (plain.clone(), 1, udp, Kind::Refused, Rcode::REFUSED),
        (plain.clone(), 3, udp, Kind::Refused, Rcode::REFUSED),
        (signed(SECRET, NOW), 1, udp, Kind::Soa, Rcode::NOERROR),
        (signed(SECRET, NOW), 2, udp, Kind::BadSignature, Rcode::NOTAUTH),
        (signed(OTHER, NOW), 1, tcp, Kind::BadSignature, Rcode::NOTAUTH),
        (signed(SECRET, NOW - 301), 1, tcp, Kind::BadSignature, Rcode::NOTAUTH),
        (two.finish(), 2, tcp, Kind::Malformed, Rcode::FORMERR),
        (plain[..14].to_vec(), 2, tcp, Kind::Malformed, Rcode::FORMERR),
        (update, 2, tcp, Kind::OtherOperation, Rcode::NOTIMP),
        (of("other.test", Rtype::AXFR), 2, tcp, Kind::OtherZone, Rcode::NOTAUTH),
        (of("rpz.test", Rtype::AXFR), 2, udp, Kind::Malformed, Rcode::FORMERR),
        (of("rpz.test", Rtype::IXFR), 2, tcp, Kind::Malformed, Rcode::FORMERR),
        (of("rpz.test", Rtype::ANY), 2, tcp, Kind::Refused, Rcode::REFUSED),
    ];
    for (n, (bytes, last, by, kind, rcode)) in cases.into_iter().enumerate() {
        let (got, messages) = ask(&zone, &bytes, last, by);
        let message = Message::from_octets(&messages[0]).unwrap();
        assert_eq!((got, message.header().rcode()), (kind, rcode), "case {n}");
        assert_eq!((message.header().id(), messages.len()), (77, 1), "case {n}");
    }
    let mut reply = plain;
    reply[2] |= 0x80;
    assert_eq!(ask(&zone, &reply, 2, udp), (Kind::Noise, Vec::new()));
    assert_eq!(ask(&zone, &[0; 11], 2, udp), (Kind::Noise, Vec::new()));
}

#[test]
fn a_wrong_signature_is_named_and_a_wrong_clock_is_told_ours() {
    let zone = zone(&["a.example"]);
    let error = |secret, at| {
        let mut asked = question("rpz.test", Rtype::SOA, None);
        let sent = ClientTransaction::request(key(secret), &mut asked, time(at)).unwrap();
        let bytes = ask(&zone, &asked.finish(), 1, Transport::Tcp).1.remove(0);
        let message = Message::from_octets(&bytes).unwrap();
        let record = message.get_last_additional::<Tsig<_, _>>().unwrap();
        let code = record.data().error();
        let mut message = Message::from_octets(bytes.clone()).unwrap();
        (code, sent.answer(&mut message, time(at)).unwrap_err().to_string())
    };
    assert_eq!(error(OTHER, NOW).0, TsigRcode::BADSIG);
    assert_eq!(error(SECRET, NOW + 1000).0, TsigRcode::BADTIME);
}

#[test]
fn who_speaks_of_edns_is_answered_with_it() {
    let zone = zone(&["a.example"]);
    let mut asked = question("rpz.test", Rtype::SOA, None);
    asked
        .opt(|opt| {
            opt.set_udp_payload_size(4096);
            Ok(())
        })
        .unwrap();
    let bytes = ask(&zone, &asked.finish(), 2, Transport::Udp).1.remove(0);
    let opt = Message::from_octets(&bytes).unwrap().opt().unwrap().udp_payload_size();
    assert_eq!(opt, EDNS_SIZE);
    let bytes = ask(&zone, &question("rpz.test", Rtype::SOA, None).finish(), 2, Transport::Udp).1;
    assert!(Message::from_octets(&bytes[0]).unwrap().opt().is_none());
}

#[test]
fn many_short_questions_make_no_long_answer() {
    let zone = zone(&["a.example"]);
    // Eighty questions for one name, and a record that is cut off.
    let mut bytes = b"\x00\x4d\0\0\0\x50\0\0\0\0\0\x01\x3f".to_vec();
    bytes.extend([b'a'; 63]);
    bytes.extend([0, 0, 6, 0, 1]);
    (0..79).for_each(|_| bytes.extend([0xc0, 12, 0, 6, 0, 1]));
    bytes.extend(b"\0\0\xfa\0\xff\0");
    let (kind, messages) = ask(&zone, &bytes, 1, Transport::Udp);
    assert_eq!((kind, messages[0].len()), (Kind::Malformed, 12));
}

#[test]
fn a_forwarded_question_is_answered_under_the_number_of_the_forwarder() {
    let zone = zone(&["a.example"]);
    let mut asked = question("rpz.test", Rtype::SOA, None);
    let sent = ClientTransaction::request(key(SECRET), &mut asked, time(NOW)).unwrap();
    let mut bytes = asked.finish();
    bytes[..2].copy_from_slice(&[0x5b, 0x4d]);
    let (kind, mut messages) = ask(&zone, &bytes, 1, Transport::Tcp);
    assert_eq!((kind, &messages[0][..2]), (Kind::Soa, &[0x5b, 0x4d][..]));
    let mut message = Message::from_octets(messages.remove(0)).unwrap();
    sent.answer(&mut message, time(NOW)).unwrap();
}

/// A datagram never makes a much longer one, or somebody would aim us at others.
fn is_modest(bytes: &[u8], messages: &[Vec<u8>]) -> bool {
    messages.iter().map(Vec::len).sum::<usize>() <= bytes.len() + 150
}

proptest! {
    #[test]
    fn any_bytes_are_answered_or_not(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        last in 1u8..4,
    ) {
        let zone = zone(&["a.example"]);
        let (kind, messages) = ask(&zone, &bytes, last, Transport::Udp);
        prop_assert!(is_modest(&bytes, &messages));
        prop_assert_eq!(kind == Kind::Noise, messages.is_empty());
    }

    #[test]
    fn damaged_questions_are_answered_or_not(
        kind in prop_oneof![Just(Rtype::SOA), Just(Rtype::AXFR), Just(Rtype::IXFR)],
        sign in any::<bool>(),
        last in 1u8..4,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let zone = zone(&["a.example"]);
        let mut asked = question("rpz.test", kind, Some(3));
        if sign {
            ClientTransaction::request(key(SECRET), &mut asked, time(NOW)).unwrap();
        }
        let mut bytes = asked.finish();
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let whole = bytes.clone();
        bytes.truncate(12 + cut.index(bytes.len()));
        for bytes in [whole, bytes] {
            for by in [Transport::Udp, Transport::Tcp] {
                let (kind, messages) = ask(&zone, &bytes, last, by);
                prop_assert_eq!(kind == Kind::Noise, messages.is_empty());
                if last == 3 {
                    let told = matches!(kind, Kind::Noise | Kind::Refused);
                    prop_assert!(told, "{:?}", kind);
                }
            }
        }
    }
}

#[test]
fn records_of_a_transfer_are_aliases() {
    let zone = zone(&["a.example"]);
    let asked = question("rpz.test", Rtype::AXFR, None).finish();
    let messages = ask(&zone, &asked, 2, Transport::Tcp).1;
    let message = Message::from_octets(&messages[0]).unwrap();
    let aliases: Vec<_> = message.answer().unwrap().limit_to::<Cname<_>>().flatten().collect();
    assert_eq!(aliases.len(), 2);
    assert!(aliases.iter().all(|record| record.ttl() == Ttl::from_secs(30)));
}
