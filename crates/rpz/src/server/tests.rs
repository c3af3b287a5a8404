//! The server over loopback: limits, notices, its end.

use std::io::{Read, Write};

use super::*;
use crate::query::Kind;
use crate::zone::tests::{rules, zone};
use crate::{Peer, TsigKey};

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const SECRET: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn serve(peers: Vec<Peer>, limits: Limits) -> Server {
    let at = SocketAddr::new(LOCAL, 0);
    Server::start(zone(&["a.example"]), &[at], Peers::new(peers), limits).unwrap()
}

fn peer(notify: Option<u16>) -> Peer {
    Peer { addr: LOCAL, notify, key: None }
}

fn until(mut so: impl FnMut() -> bool) -> bool {
    ostium_lab::wait_for(Duration::from_secs(10), &mut so)
}

/// A question for the SOA of rpz.test.
const SOA: &[u8] = b"\x00\x4d\0\0\0\x01\0\0\0\0\0\0\x03rpz\x04test\0\0\x06\0\x01";

fn framed(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

#[test]
fn questions_come_in_pieces_and_in_a_row() {
    let server = serve(vec![peer(None)], Limits::default());
    let mut stream = TcpStream::connect(server.addresses()[0]).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    for piece in framed(SOA).chunks(5).chain([&*framed(SOA)]) {
        stream.write_all(piece).unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    for _ in 0..2 {
        let mut head = [0; 2];
        stream.read_exact(&mut head).unwrap();
        let mut answer = vec![0; usize::from(u16::from_be_bytes(head))];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer[..4], [0, 0x4d, 0x84, 0]);
    }
    assert_eq!(server.stats().questions(Kind::Soa), 2);
    let udp = UdpSocket::bind((LOCAL, 0)).unwrap();
    udp.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    udp.send_to(SOA, server.addresses()[0]).unwrap();
    let mut buffer = [0; 600];
    assert!(udp.recv(&mut buffer).unwrap() > 50);
    assert_eq!(server.stats().too_slow(), 0);
}

#[test]
fn who_is_slow_or_one_too_many_is_turned_away() {
    let idle = Duration::from_millis(300);
    let limits = Limits { connections: 3, idle, ..Limits::default() };
    let server = serve(vec![peer(None)], limits);
    let at = server.addresses()[0];
    let mut slow: Vec<_> = (0..3).map(|_| TcpStream::connect(at).unwrap()).collect();
    for stream in &mut slow {
        stream.write_all(&[0, 40, 1]).unwrap();
    }
    assert!(until(|| lock(&server.shared.open).len() == 3));
    let mut late = TcpStream::connect(at).unwrap();
    late.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert_eq!(late.read(&mut [0; 1]).unwrap_or(0), 0);
    assert_eq!(server.stats().turned_away(), 1);
    // Bytes now and then do not keep a connection.
    assert!(until(|| {
        slow.iter_mut().for_each(|stream| drop(stream.write_all(&[0])));
        server.stats().too_slow() == 3
    }));
    assert!(until(|| lock(&server.shared.open).is_empty()));
}

#[test]
fn strangers_get_half_of_the_connections() {
    let limits = Limits { connections: 4, ..Limits::default() };
    let stranger = Peer { addr: [192, 0, 2, 1].into(), notify: None, key: None };
    let server = serve(vec![stranger], limits);
    let held: Vec<_> = (0..3).map(|_| TcpStream::connect(server.addresses()[0]).unwrap()).collect();
    assert!(until(|| server.stats().turned_away() == 1));
    assert_eq!(lock(&server.shared.open).len(), 2);
    drop(held);
}

#[test]
fn a_resolver_is_told_again_until_it_answers_and_of_the_newest_only() {
    let resolver = UdpSocket::bind((LOCAL, 0)).unwrap();
    resolver.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let port = resolver.local_addr().unwrap().port();
    let notice_wait = Duration::from_millis(50);
    let limits = Limits { notice_wait, notices: 3, ..Limits::default() };
    let server = serve(vec![peer(Some(port))], limits);
    let hear = || {
        let mut buffer = [0; 600];
        let (len, from) = resolver.recv_from(&mut buffer).unwrap();
        let mut bytes = buffer[..len].to_vec();
        assert_eq!(bytes[2] >> 3, 4);
        bytes[2] |= 0x80;
        (bytes, from)
    };
    let (_, _) = hear();
    // The second one is heard.
    let (bytes, from) = hear();
    resolver.send_to(&bytes, from).unwrap();
    assert!(until(|| server.stats().notified() == 1));
    assert_eq!(server.stats().notices(), 2);
    assert!(!server.publish(rules(&["a.example"], &[])));
    assert!(server.publish(rules(&["b.example"], &[])));
    for _ in 0..3 {
        hear();
    }
    assert!(until(|| server.stats().unheard() == 1));
    assert!(server.publish(rules(&["c.example"], &[])));
    let (bytes, from) = hear();
    let serial = server.zone().serial().to_be_bytes();
    assert!(bytes.windows(4).any(|four| four == serial));
    resolver.send_to(&bytes, from).unwrap();
    assert!(until(|| server.stats().notified() == 2));
}

#[test]
fn it_stops_at_once_and_its_address_is_free() {
    let key = Some(TsigKey::new("k", SECRET).unwrap());
    let nobody = Peer { addr: LOCAL, notify: Some(9), key };
    let notice_wait = Duration::from_secs(60);
    let server = serve(vec![nobody], Limits { notice_wait, ..Limits::default() });
    let at = server.addresses()[0];
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    assert!(until(|| server.stats().notices() == 1 && !lock(&server.shared.open).is_empty()));
    let before = instant();
    drop(server);
    assert!(before.elapsed() < Duration::from_secs(2), "{:?}", before.elapsed());
    assert_eq!(stream.read(&mut [0; 1]).unwrap_or(0), 0);
    drop(stream);
    UdpSocket::bind(at).unwrap();
    let held = TcpListener::bind((LOCAL, 0)).unwrap();
    let taken = held.local_addr().unwrap();
    let limits = Limits::default();
    let bad = Server::start(zone(&["a.example"]), &[taken], Peers::default(), limits).unwrap_err();
    assert!(bad.to_string().contains(&taken.to_string()), "{bad}");
}
