//! Tests of the marks: each is found from any cut, and what looks like it is not.

use ostium_event::Service;

use crate::context::{Interest, Side};
use crate::flow::tests::{Bench, more};

/// First words of the opener (`true`) or the responder, and the family.
fn marked() -> Vec<(bool, Vec<u8>, &'static str)> {
    let mut stage = 180_000u32.to_le_bytes().to_vec();
    stage.extend_from_slice(b"MZ");
    stage.resize(4 + 0x3c, 0x90);
    stage.extend_from_slice(&0xf0u32.to_le_bytes());
    let gh0st = |magic: &[u8]| {
        let mut bytes = magic.to_vec();
        bytes.extend_from_slice(&120u32.to_le_bytes());
        bytes.extend_from_slice(&300u32.to_le_bytes());
        bytes.extend_from_slice(&[0x78, 0x9c, 1, 2, 3]);
        bytes
    };
    vec![
        (true, b"lv|'|'|TWluZQ==|'|'|".to_vec(), "njRAT"),
        (true, b"155\0ll|'|'|TWluZQ==|'|'|".to_vec(), "njRAT"),
        (true, gh0st(b"Gh0st"), "Gh0st"),
        (false, gh0st(b"KrisR"), "a child of Gh0st"),
        (true, b"\x24\x04\xff\0\x60\x01\0\0K\0\0\0".to_vec(), "Remcos"),
        (true, b"\x41\0\0\0\x99\x01\x02".to_vec(), "NetWire"),
        (
            true,
            b"\0\x01\0\x01\x02\x02\x20net.tcp://203.0.113.7:6677/".to_vec(),
            "net.tcp to a bare address",
        ),
        (
            true,
            b"{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"x/1\"]}\n".to_vec(),
            "Stratum",
        ),
        (
            true,
            b"{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"4x\",\"pass\":\"x\"}}\n"
                .to_vec(),
            "Stratum",
        ),
        (
            true,
            b"{\"method\":\"mining.authorize\",\"params\":[],\"login\":\"x\"}\n".to_vec(),
            "Stratum",
        ),
        (false, stage, "a staged program"),
        (false, b"BF7CAB464EFB".to_vec(), "DarkComet"),
        (false, b"!* SCANNER ON\n".to_vec(), "Gafgyt"),
    ]
}

fn told(bench: &Bench, family: &str) -> bool {
    bench.seen.iter().any(|said| said.contains(&format!("\"{family}\"")))
}

#[test]
fn each_mark_is_found_from_any_cut() {
    for (opener, words, family) in marked() {
        let side = if opener { Side::Opener } else { Side::Responder };
        for cut in 0..words.len() {
            let mut bench = Bench::new(4444);
            for part in [&words[..cut], &words[cut..]] {
                bench.stream(side, part);
            }
            assert!(told(&bench, family), "{family} cut at {cut}: {:?}", bench.seen);
            assert_eq!(bench.seen.len(), 1, "{:?}", bench.seen);
            assert_eq!(bench.service(), Service::Unknown);
        }
    }
}

#[test]
fn a_mark_counts_only_at_the_start_and_on_its_side() {
    for (opener, words, family) in marked() {
        let (side, other) =
            if opener { (Side::Opener, Side::Responder) } else { (Side::Responder, Side::Opener) };
        let mut late = Bench::new(4444);
        late.ctx.from_start = false;
        late.stream(side, &words);
        assert!(!told(&late, family), "{family}");
        if !family.contains("Gh0st") {
            let mut turned = Bench::new(4444);
            turned.stream(other, &words);
            assert!(!told(&turned, family), "{family}");
        }
    }
}

#[test]
fn words_of_others_carry_no_mark() {
    let others: [&[u8]; 9] = [
        b"12 apples\r\n",
        b"{\"jsonrpc\":\"2.0\",\"method\":\"getStatus\",\"params\":{}}\n",
        b"{\"type\":\"login\",\"user\":\"x\",\"method\":\"token\"}\n",
        b"\x41\0\0\0\x98\x01",
        b"\x24\x04\xff\0\xff\xff\xff\xff",
        b"\0\x01\0\x01\x02\x02\x20net.tcp://files.internal.example:808/",
        b"Hello\x10\0\0\0\x10\0\0\0plain",
        b"MZ\x90\0\x03",
        b"!* lower",
    ];
    for words in others {
        for side in [Side::Opener, Side::Responder] {
            let mut bench = Bench::new(4444);
            bench.stream(side, words);
            bench.finish();
            assert!(bench.seen.is_empty(), "{words:02x?}: {:?}", bench.seen);
        }
    }
}

#[test]
fn a_mirai_bot_must_idle_like_one() {
    let mut bot = Bench::new(23);
    more(bot.opener(b"\0\0\0\x01"));
    more(bot.opener(b"\x04telnet"[..1].as_ref()));
    more(bot.opener(b"root"));
    more(bot.opener(b"\0\0"));
    more(bot.responder(b"\0\0"));
    assert!(!told(&bot, "Mirai"));
    bot.opener(b"\0\0");
    assert!(told(&bot, "Mirai"), "{:?}", bot.seen);
    for other in [&b"\0\0\0\x01\x67video"[..], b"\0\0\0\x01\0talk", b"\0\0\0\x02\0\0\0\0\0"] {
        let mut bench = Bench::new(2323);
        bench.opener(other);
        bench.responder(b"\0\0");
        bench.opener(b"\0\0");
        assert!(!told(&bench, "Mirai"), "{other:02x?}");
    }
}

const LOGIN: &[u8] = b"{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"4x\",\"pass\":\"x\",\
    \"agent\":\"XMRig/6.21.0 (Linux)\"}}\n";
const JOB: &[u8] = b"{\"id\":1,\"error\":null,\"result\":{\"id\":\"7\",\"job\":{\"blob\":\"0e\",\
    \"job_id\":\"a\",\"target\":\"ff\"},\"status\":\"OK\"}}\n";
const SUBMIT: &[u8] = b"{\"id\":2,\"method\":\"submit\",\"params\":{\"id\":\"7\",\"job_id\":\"a\",\
    \"nonce\":\"01\",\"result\":\"02\"}}\n";
const TAKEN: &[u8] = b"{\"id\":2,\"error\":null,\"result\":{\"status\":\"OK\"}}\n";

/// What is told of a talk with a pool that is cut somewhere: how often, and whether it is sure.
fn mined(turns: &[(Side, &[u8])], cut: usize) -> (usize, bool) {
    let mut bench = Bench::new(443);
    for (side, words) in turns {
        let at = cut % (words.len() + 1);
        bench.stream(*side, &words[..at]);
        bench.stream(*side, &words[at..]);
    }
    let sure = bench.seen.iter().find(|said| said.contains("exact: true"));
    assert!(sure.is_none_or(|said| said.contains("\"XMRig\"")), "{:?}", bench.seen);
    let told = bench.seen.iter().filter(|said| said.contains("Miner")).count();
    (told, sure.is_some())
}

#[test]
fn a_miner_whose_work_is_taken_is_sure() {
    use Side::{Opener, Responder};
    let all = [(Opener, LOGIN), (Responder, JOB), (Opener, SUBMIT), (Responder, TAKEN)];
    for cut in 0..LOGIN.len() {
        assert_eq!(mined(&all, cut), (2, true), "cut at {cut}");
    }
    // Neither a login, nor results that nobody asked for or takes, make it sure.
    for part in [&all[..1], &all[..2], &all[..3], &[all[0], all[2], all[3]]] {
        assert_eq!(mined(part, 0), (1, false), "{part:?}");
    }
    let refused = b"{\"id\":2,\"error\":{\"code\":-1,\"message\":\"no\"},\"result\":null}\n";
    assert_eq!(mined(&[all[0], all[1], all[2], (Responder, refused)], 0), (1, false));
}

#[test]
fn a_talk_with_a_pool_is_not_read_for_ever() {
    let mut bench = Bench::new(3333);
    bench.opener(LOGIN);
    bench.responder(JOB);
    let noise = [b'x'; 1400];
    let ended = (0..2000).position(|_| bench.responder(&noise) == Interest::Done);
    assert!(ended.is_some_and(|turn| turn > 500), "{ended:?}");
    bench.opener(SUBMIT);
    bench.responder(TAKEN);
    assert_eq!(bench.seen.len(), 1);
}

#[test]
fn a_mozi_node_is_known_by_its_number() {
    let node = b"d1:ad2:id20:88888888\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0ce1:q4:ping";
    let mut bench = Bench::new(6881);
    bench.datagram(Side::Opener, node);
    assert!(told(&bench, "Mozi"), "{:?}", bench.seen);
    let mut other = Bench::new(6881);
    other.datagram(Side::Opener, b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe");
    assert_eq!(other.service(), Service::BitTorrent);
    assert!(other.seen.is_empty(), "{:?}", other.seen);
    // A bot elsewhere that asks a table here says nothing of this host.
    let mut asked = Bench::new(6881);
    asked.datagram(Side::Responder, node);
    assert!(!told(&asked, "Mozi"));
}
