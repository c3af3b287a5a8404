//! QUIC against readers that know nothing of this crate: the workspace's own parser, and TLS's.

use ostium_event::{Home, What};
use ostium_parse::{Context, FlowParser, Side as Way};
use tls_parser::{TlsMessage, TlsMessageHandshake, parse_tls_message_handshake};

use super::*;
use crate::outbox::Outbox;
use crate::packet::Packet;
use crate::rehearsal::{self, OWN, START};
use crate::shared::Shared;
use crate::world::System;

/// A conversation: packets, and what the workspace's parser told of them.
fn talk(client: Client, seed: u64) -> (Vec<Packet>, Vec<String>) {
    let end = START.plus(Span::from_secs(3600));
    let shared = Shared::new(seed, Home::private(), (START, end));
    let out = Outbox::new(&shared);
    let mut host = Host::new(out, OWN, System::Windows, Addr::v4([10, 9, 0, 1]).into());
    let mut rng = Rng::new(seed);
    let to = Addr::v4([142, 250, 1, 2]);
    let server = ("www.example.org", to, 443);
    let mut quic = Quic::connect(&mut host, &mut rng, client, server, START);
    quic.say(&mut host, &mut rng, Side::Inside, 900);
    quic.say(&mut host, &mut rng, Side::Outside, 60_000);
    quic.rest(&mut host, &mut rng);
    quic.wait_until(START.plus(Span::from_secs(9)));
    quic.close(&mut host, &mut rng);
    let mut packets = Vec::new();
    let mut bytes = Vec::new();
    while let Some(at) = host.out.write(&mut bytes) {
        packets.push(Packet { at, bytes: std::mem::take(&mut bytes) });
    }
    let told = tell(&packets);
    (packets, told)
}

fn tell(packets: &[Packet]) -> Vec<String> {
    let mut parser = FlowParser::default();
    let mut told = Vec::new();
    for seen in packets.iter().map(rehearsal::read) {
        let ctx = Context {
            at: seen.at,
            side: if seen.side == Side::Inside { Way::Opener } else { Way::Responder },
            opener_is_inside: true,
            opener_port: seen.own_port,
            responder_port: seen.port,
            from_start: true,
        };
        let mut out = |what: What<'_>| match what {
            What::Tls(hello) => {
                let ja4 = hello.ja4.unwrap();
                told.push(format!("{:?} {} {ja4}", hello.server_name, hello.quic));
            }
            other => told.push(format!("{other:?}")),
        };
        parser.datagram(&ctx, &seen.payload, &mut out);
    }
    told
}

#[test]
fn the_hello_is_read_on_the_path() {
    for seed in 0..20 {
        for (client, ja4) in [
            (Client::Chrome, "q13d0311h3_55b375c5d22e_"),
            (Client::Firefox, "q13d0315h3_55b375c5d22e_"),
        ] {
            let (packets, told) = talk(client, seed);
            rehearsal::assert_sound(&packets);
            assert_eq!(told.len(), 1, "{told:?}");
            let start = format!("Some(\"www.example.org\") true {ja4}");
            assert!(told[0].starts_with(&start), "{told:?}");
        }
    }
}

#[test]
fn hellos_are_messages_of_tls() {
    for client in [Client::Chrome, Client::Firefox] {
        let message = hello::client(&mut Rng::new(1), client, "a.example", &[]);
        let (rest, read) = parse_tls_message_handshake(&message).unwrap();
        assert!(rest.is_empty());
        assert!(matches!(
            read,
            TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello))
                if hello.session_id.is_none()
        ));
    }
    let message = hello::server(&mut Rng::new(1));
    let (rest, read) = parse_tls_message_handshake(&message).unwrap();
    assert!(rest.is_empty());
    assert!(matches!(read, TlsMessage::Handshake(TlsMessageHandshake::ServerHello(_))));
}

#[test]
fn datagrams_are_no_longer_than_they_may_be() {
    let (packets, _) = talk(Client::Chrome, 1);
    let seen: Vec<_> = packets.iter().map(rehearsal::read).collect();
    assert!(seen.iter().all(|s| s.payload.len() <= FULL));
    // The first datagrams of both fill the least that is asked of them.
    let firsts = seen.iter().take(3).map(|s| s.payload.len());
    assert!(firsts.into_iter().all(|length| length >= 1200));
    let back = rehearsal::carried(&seen, Side::Outside);
    assert!((63_000..70_000).contains(&back), "{back}");
    let acks = seen.iter().filter(|s| s.side == Side::Inside && s.payload.len() == 31).count();
    assert_eq!(acks, 5);
}
