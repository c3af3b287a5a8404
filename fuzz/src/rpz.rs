//! Questions to the server of the response policy zone.

use std::net::IpAddr;
use std::sync::LazyLock;

use domain::base::Message;
use domain::base::iana::Rcode;
use ostium_event::{Span, Timestamp};
use ostium_rpz::query::{Kind, Transport, answer};
use ostium_rpz::{Peer, Peers, Rules, TsigKey, Zone, ZoneConfig};
use ostium_verdict::{Block, BlockSet, Mode, Origin};

/// The secret of the key `k` that seeds are signed with.
pub const SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
/// When everything is asked, in seconds since 1970; seeds are signed then.
pub const NOW: u64 = 1_800_000_000;
/// The zone was at the serials from here to two later.
pub const SERIAL: u32 = 7;

static ZONE: LazyLock<Zone> = LazyLock::new(|| {
    let names = |from, to| (from..to).map(|n| format!("n{n}.example")).collect();
    let mut zone = Zone::new(ZoneConfig::new("rpz.test"), SERIAL - 1, rules(names(0, 400)))
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(zone.publish(rules(names(1, 400))));
    assert!(zone.publish(rules(names(1, 401))));
    zone
});

static PEERS: LazyLock<Peers> = LazyLock::new(|| {
    let key = TsigKey::new("k", SECRET).ok();
    assert!(key.is_some());
    let peer = |last, key| Peer { addr: at(last), notify: None, key };
    Peers::new(vec![peer(0, key), peer(1, None)])
});

fn at(last: u8) -> IpAddr {
    [192, 0, 2, last].into()
}

fn rules(names: Vec<String>) -> Rules {
    let now = Timestamp::from_secs(1);
    let block = |name: &String| {
        let target = name.parse().ok()?;
        Some(Block::new(target, Origin::Operator, Mode::Block, now, Span::from_secs(9)))
    };
    let set: BlockSet = names.iter().filter_map(block).collect();
    Rules::of(&set, ["n5.example"], now, &ZoneConfig::new("rpz.test"))
}

/// A byte that says who asks and how, and a question: silence is for noise alone, an answer is one
/// to that question and the same twice, a datagram makes none that is much longer, a stranger is
/// only refused, and who must sign and did not is told nothing of the zone.
pub fn rpz_query(bytes: &[u8]) -> bool {
    let Some((head, question)) = bytes.split_first() else { return false };
    let (who, by) = (head % 3, if head & 0x80 == 0 { Transport::Udp } else { Transport::Tcp });
    let ask = || {
        let (kind, answer) = answer(question, at(who), by, &ZONE, &PEERS, NOW);
        (kind, answer.messages(NOW))
    };
    let (kind, messages) = ask();
    assert_eq!((kind, &messages), (ask().0, &ask().1));
    assert_eq!(kind == Kind::Noise, messages.is_empty());
    let told = matches!(kind, Kind::Soa | Kind::Whole | Kind::Steps);
    let mut records = 0;
    for bytes in &messages {
        let message = Message::from_octets(bytes).unwrap_or_else(|error| panic!("{error}"));
        let head = message.header();
        assert!(head.qr() && question.starts_with(&head.id().to_be_bytes()));
        assert_eq!(head.rcode() == Rcode::NOERROR, told);
        records += usize::from(message.header_counts().ancount());
        assert!(message.into_iter().all(|record| record.is_ok()));
    }
    assert!(if told { (1..=2 * 401 + 3).contains(&records) } else { records == 0 });
    if by == Transport::Udp {
        assert!(messages.iter().map(Vec::len).sum::<usize>() <= question.len() + 200);
    }
    if who == 2 {
        assert!(matches!(kind, Kind::Noise | Kind::Refused), "{kind:?}");
    }
    // Without an additional record there is no signature.
    if who == 0 && question.get(10..12).is_some_and(|count| count == [0, 0]) {
        assert!(!told);
    }
    kind != Kind::Noise
}
