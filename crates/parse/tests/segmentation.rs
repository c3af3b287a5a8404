//! Bytes cut anywhere tell the same, and no bytes at all make a parser panic.
#![allow(clippy::indexing_slicing, reason = "tests may panic")]

use ostium_event::{Timestamp, What};
use ostium_parse::{Context, FlowParser, Interest, Side};
use proptest::prelude::*;

use Side::{Opener, Responder};

type Turn = (Side, Vec<u8>);

fn context(side: Side, port: u16, from_start: bool) -> Context {
    Context {
        at: Timestamp::from_secs(1_700_000_000),
        side,
        opener_is_inside: true,
        opener_port: 40_000,
        responder_port: port,
        from_start,
    }
}

/// What a conversation tells when each turn is cut at these places.
fn told(turns: &[Turn], port: u16, cuts: &[usize]) -> Vec<String> {
    let mut parser = FlowParser::default();
    let mut seen = Vec::new();
    for (side, bytes) in turns {
        let mut places: Vec<usize> = cuts.iter().map(|c| c % (bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        for pair in places.windows(2) {
            let ctx = context(*side, port, true);
            let mut out = |what: What<'_>| seen.push(format!("{what:?}"));
            parser.stream(&ctx, &bytes[pair[0]..pair[1]], &mut out);
        }
    }
    let mut out = |what: What<'_>| seen.push(format!("{what:?}"));
    parser.finish(&context(Opener, port, true), &mut out);
    seen.push(format!("{:?}", parser.service()));
    seen
}

fn vec16(bytes: &[u8]) -> Vec<u8> {
    let mut out = (bytes.len() as u16).to_be_bytes().to_vec();
    out.extend_from_slice(bytes);
    out
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![kind, 3, 3];
    out.extend_from_slice(&vec16(body));
    out
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![kind, 0];
    out.extend_from_slice(&vec16(body));
    out
}

fn tls() -> Vec<Turn> {
    let mut name = vec![0];
    name.extend_from_slice(&vec16(b"Cut.Example"));
    let mut extensions = vec![0, 0];
    extensions.extend_from_slice(&vec16(&vec16(&name)));
    extensions.extend_from_slice(&[0, 13, 0, 4, 0, 2, 4, 3]);
    let mut hello = vec![3, 3];
    hello.extend_from_slice(&[1; 32]);
    hello.extend_from_slice(&[0, 0, 4, 0xc0, 0x2f, 0, 0x35, 1, 0]);
    hello.extend_from_slice(&vec16(&extensions));
    let hello = handshake(1, &hello);
    let mut client = record(22, &hello[..20]);
    client.extend_from_slice(&record(22, &hello[20..]));
    let mut answer = vec![3, 3];
    answer.extend_from_slice(&[2; 32]);
    answer.extend_from_slice(&[0, 0xc0, 0x2f, 0]);
    let mut flight = handshake(2, &answer);
    flight.extend_from_slice(&handshake(11, &[0, 0, 9, 0, 0, 6, 0x30, 4, 1, 2, 3, 4]));
    flight.extend_from_slice(&handshake(14, &[]));
    vec![(Opener, client), (Responder, record(22, &flight))]
}

fn dns() -> Vec<Turn> {
    let question = b"\x03www\x03Cut\x07example\x00\x00\x01\x00\x01";
    let mut query = b"\x00\x09\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00".to_vec();
    query.extend_from_slice(question);
    let mut reply = b"\x00\x09\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00".to_vec();
    reply.extend_from_slice(question);
    reply.extend_from_slice(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x07");
    let mut queries = vec16(&query);
    queries.extend_from_slice(&vec16(&query));
    let mut replies = vec16(&reply);
    replies.extend_from_slice(&vec16(&reply));
    vec![(Opener, queries), (Responder, replies)]
}

fn text(turns: &[(Side, &str)]) -> Vec<Turn> {
    turns.iter().map(|(side, text)| (*side, text.as_bytes().to_vec())).collect()
}

fn http() -> Vec<Turn> {
    text(&[
        (
            Opener,
            "POST /a HTTP/1.1\r\nHost: Cut.Example:81\r\nContent-Length: 7\r\n\r\n\r\nGET /\
            HEAD http://b.example/x HTTP/1.1\r\nUser-Agent: u\r\n\r\n\
            GET /c HTTP/1.0\r\nAccept: */*\r\n\r\n",
        ),
        (
            Responder,
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\
            Content-Type: image/png\r\n\r\n2\r\nMZ\r\n10;e\r\n\u{1}23456789abcdefg\r\n0\r\nT: t\r\n\r\n\
            HTTP/1.1 404 No\r\nContent-Length: 50\r\n\r\n\
            HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nServer: s\r\n\r\n<html><body>the end",
        ),
    ])
}

fn tunnel() -> Vec<Turn> {
    let mut turns = text(&[
        (Opener, "CONNECT cut.example:443 HTTP/1.1\r\n\r\n"),
        (Responder, "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"),
    ]);
    turns.extend(tls());
    turns
}

fn mail() -> Vec<Turn> {
    let mut turns = text(&[
        (Responder, "220-mx\r\n220 ready\r\n"),
        (Opener, "EHLO me\r\nMAIL FROM:<a@b>\r\nDATA\r\n"),
        (Responder, "250 ok\r\n250 ok\r\n354 go\r\n"),
        (Opener, "hello\r\nQUIT\r\n.\r\nBDAT 5 LAST\r\nQUIT\nSTARTTLS\r\n"),
        (Responder, "250 ok\r\n220 go\r\n"),
    ]);
    turns.extend(tls());
    turns
}

fn files() -> Vec<Turn> {
    text(&[
        (Responder, "220 welcome\r\n"),
        (Opener, "USER me\r\nPASS you\r\nSTOR a.zip\r\n"),
        (Responder, "331 go\r\n230 in\r\n"),
    ])
}

fn chat() -> Vec<Turn> {
    text(&[
        (Opener, "PASS x\r\nNICK [DEU|XP|012345]\r\nUSER a b c :d\r\nJOIN #x\r\n"),
        (Responder, ":s 001 b :hi\r\nPING :1\r\n:s 332 b #x :.advscan lsass 200 5 0 -r\r\n"),
        (Opener, "PONG :1\r\nPRIVMSG #x :[SCAN]: Port scan started\r\n"),
        (Responder, ":o!o@h PRIVMSG #x :!seen b\r\n:o!o@h PRIVMSG #x :!* PAN a.example 80 9\r\n"),
    ])
}

fn miner() -> Vec<Turn> {
    text(&[
        (
            Opener,
            "{\"id\":1,\"method\":\"login\",\"params\":{\"login\":\"4x\",\"pass\":\"x\",\"agent\":\"XMRig/6\"}}\n",
        ),
        (
            Responder,
            "{\"result\":{\"job\":{\"blob\":\"0e\",\"job_id\":\"a\"},\"status\":\"OK\"}}\n",
        ),
        (Opener, "{\"method\":\"submit\",\"params\":{\"job_id\":\"a\",\"nonce\":\"1\"}}\n"),
        (Responder, "{\"method\":\"job\"}\n{\"id\":2,\"result\":{\"status\":\"OK\"}}\n"),
    ])
}

fn shell() -> Vec<Turn> {
    text(&[(Responder, "SSH-2.0-one\r\n"), (Opener, "SSH-2.0-two\r\n\u{1}\u{2}\u{3}")])
}

fn conversations() -> Vec<(Vec<Turn>, u16, usize)> {
    vec![
        (tls(), 443, 4),
        (dns(), 53, 5),
        (dns(), 9053, 5),
        (http(), 80, 8),
        (tunnel(), 3128, 6),
        (mail(), 587, 10),
        (mail(), 7587, 10),
        (files(), 21, 5),
        (files(), 7021, 5),
        (chat(), 6667, 9),
        (shell(), 22, 3),
        (miner(), 3333, 3),
    ]
}

#[test]
fn each_conversation_tells_something() {
    for (turns, port, lines) in conversations() {
        let whole = told(&turns, port, &[]);
        assert_eq!(whole.len(), lines, "{whole:#?}");
    }
}

proptest! {
    #[test]
    fn any_cut_tells_the_same(
        which in 0..conversations().len(),
        cuts in prop::collection::vec(any::<usize>(), 0..40),
    ) {
        let (turns, port, _) = &conversations()[which];
        prop_assert_eq!(told(turns, *port, &cuts), told(turns, *port, &[]));
    }

    #[test]
    fn arbitrary_first_bytes_are_recognised_the_same(
        bytes in prop::collection::vec(any::<u8>(), 0..80),
        cuts in prop::collection::vec(any::<usize>(), 0..8),
    ) {
        let service = |cuts: &[usize]| told(&[(Opener, bytes.clone())], 4000, cuts).pop();
        prop_assert_eq!(service(&cuts), service(&[]));
    }

    #[test]
    fn damaged_conversations_do_no_harm(
        which in 0..conversations().len(),
        damage in prop::collection::vec((any::<usize>(), any::<u8>()), 0..20),
        cuts in prop::collection::vec(any::<usize>(), 0..10),
    ) {
        let (mut turns, port, _) = conversations().swap_remove(which);
        for (at, byte) in damage {
            let turn = at % turns.len();
            let bytes = &mut turns[turn].1;
            let at = at / 7 % bytes.len();
            bytes[at] = byte;
        }
        told(&turns, port, &cuts);
    }

    #[test]
    fn arbitrary_input_does_no_harm(
        steps in prop::collection::vec(
            (0u8..4, any::<bool>(), prop::collection::vec(any::<u8>(), 0..200)),
            0..20,
        ),
        prefix in prop::sample::select(vec![
            &b""[..], b"\x16\x03\x01", b"GET / HTTP/1.1\r\n", b"HTTP/1.1 200 OK\r\n", b"220 x\r\n",
            b"\x00\x20\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00", b"NICK a\r\n", b"SSH-",
            b"\xc3\x00\x00\x00\x01\x08", b"\xc3\x6b\x33\x43\xcf\x08",
        ]),
        port in prop::sample::select(vec![53u16, 80, 443, 25, 21, 22, 123, 5353, 4000]),
        from_start in any::<bool>(),
    ) {
        let mut parser = FlowParser::default();
        for (kind, opener, bytes) in steps {
            let ctx = context(if opener { Opener } else { Responder }, port, from_start);
            let mut out = |what: What<'_>| drop(format!("{what:?}"));
            let mut whole = prefix.to_vec();
            whole.extend_from_slice(&bytes);
            let interest = match kind {
                0 => parser.stream(&ctx, &whole, &mut out),
                1 => parser.stream(&ctx, &bytes, &mut out),
                2 => parser.gap(&ctx, bytes.len() as u64, &mut out),
                _ => parser.datagram(&ctx, &whole, &mut out),
            };
            prop_assert_eq!(interest == Interest::Done, parser.is_done());
        }
        parser.finish(&context(Opener, port, from_start), &mut |_| {});
    }

    #[test]
    fn arbitrary_dns_is_read(
        body in prop::collection::vec(any::<u8>(), 0..300),
        counts in any::<[u8; 2]>(),
    ) {
        let mut message = vec![0, 1, 0x81, 0x80, 0, 1, 0, counts[0], 0, counts[1], 0, 0];
        message.extend_from_slice(&body);
        let ctx = context(Responder, 53, true);
        let mut names = Vec::new();
        let mut out = |what: What<'_>| {
            if let What::Dns(dns) = what {
                names.push((dns.name.to_owned(), dns.answers.len()));
            }
        };
        FlowParser::default().datagram(&ctx, &message, &mut out);
        for (name, answers) in names {
            prop_assert!(name.len() <= 253);
            prop_assert!(name.bytes().all(|b| (b'!'..=b'~').contains(&b)));
            prop_assert!(answers <= 32);
        }
    }
}
