//! Protocols that are only named, by their first bytes: no events, no state.
//!
//! Bias: a pattern must be strong, because a wrong name hides an unknown protocol.

use ostium_event::Service;

use crate::bytes::{Reader, u16_at};
use crate::context::{Context, Match};

/// A datagram that had the form of RTP, to be confirmed by a second one.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct RtpTrace {
    source: u32,
    sequence: u16,
}

/// Ports of protocols that tell names and addresses around a local network: NetBIOS, multicast
/// DNS, LLMNR, DHCP, SSDP.
const LOCAL_PORTS: [u16; 10] = [67, 68, 137, 138, 546, 547, 1900, 5353, 5355, 3702];

const STREAM_PREFIXES: [(&[u8], Service); 12] = [
    (b"\x13BitTorrent protocol", Service::BitTorrent),
    (b"PRI * HTTP/2.0\r\n", Service::Other),
    (b"+OK", Service::Other),
    (b"* OK", Service::Other),
    (b"RTSP/1.0 ", Service::Media),
    (b"SIP/2.0 ", Service::Media),
    (b"INVITE sip", Service::Media),
    (b"REGISTER sip", Service::Media),
    (b"OPTIONS sip", Service::Media),
    (b"OPTIONS rtsp", Service::Media),
    (b"DESCRIBE rtsp", Service::Media),
    (b"RFB 003.", Service::Other),
];

/// The longest user id of SOCKS 4.
const MAX_USER: usize = 64;

/// Names a stream by its first bytes.
pub(crate) fn stream(bytes: &[u8]) -> (Match, Service) {
    let mut maybe = Match::No;
    for (pattern, service) in STREAM_PREFIXES {
        match Match::prefix(bytes, pattern) {
            Match::Yes => return (Match::Yes, service),
            Match::Maybe => maybe = Match::Maybe,
            Match::No => {}
        }
    }
    let forms: [fn(&[u8]) -> Match; 5] = [socks5, socks4, remote_desktop, smb, telnet];
    for form in forms {
        match form(bytes) {
            Match::Yes => return (Match::Yes, Service::Other),
            Match::Maybe => maybe = Match::Maybe,
            Match::No => {}
        }
    }
    match stun_stream(bytes) {
        Match::Yes => (Match::Yes, Service::Media),
        Match::Maybe => (Match::Maybe, Service::Unknown),
        Match::No => (maybe, Service::Unknown),
    }
}

/// Names a datagram by its ports, where content would mislead.
pub(crate) fn by_port(ctx: &Context) -> Option<Service> {
    // An answer to a multicast opens a flow of its own; a client may have such a port by chance.
    let answers = LOCAL_PORTS.contains(&ctx.opener_port) && ctx.responder_port >= 1024;
    (answers || LOCAL_PORTS.contains(&ctx.responder_port)).then_some(Service::Other)
}

/// Names a datagram by its first bytes.
pub(crate) fn datagram(bytes: &[u8], ctx: &Context, rtp: &mut RtpTrace) -> Option<Service> {
    if is_stun(bytes) || is_sip(bytes) || rtp.confirms(bytes) {
        return Some(Service::Media);
    }
    if ctx.on_port(123) && is_ntp(bytes) {
        return Some(Service::Ntp);
    }
    if is_bittorrent(bytes) {
        return Some(Service::BitTorrent);
    }
    let snmp = (ctx.on_port(161) || ctx.on_port(162)) && bytes.first() == Some(&0x30);
    (snmp || is_dtls(bytes) || is_wireguard(bytes)).then_some(Service::Other)
}

/// RFC 1928: version 5, a count, and as many methods.
fn socks5(bytes: &[u8]) -> Match {
    match bytes {
        [5] => Match::Maybe,
        [5, count @ 1..=8, methods @ ..] => {
            let known = |m: &u8| *m <= 9 || *m >= 0x80;
            match methods.len().cmp(&usize::from(*count)) {
                _ if !methods.iter().take(usize::from(*count)).all(known) => Match::No,
                std::cmp::Ordering::Less => Match::Maybe,
                // The client waits for an answer before it says more; a longer first message with
                // well-formed methods cannot be told from binary chatter.
                std::cmp::Ordering::Equal => Match::Yes,
                std::cmp::Ordering::Greater => Match::No,
            }
        }
        _ => Match::No,
    }
}

/// Version 4, connect or bind, port, address, user id with a final zero.
fn socks4(bytes: &[u8]) -> Match {
    match bytes {
        [4] | [4, 1 | 2] => Match::Maybe,
        [4, 1 | 2, rest @ ..] if rest.len() < 7 => Match::Maybe,
        [4, 1 | 2, _, _, _, _, _, _, user @ ..] => {
            // A longer one is given up before its end is seen, so it is when it comes at once, too.
            let text = user.iter().take_while(|b| b.is_ascii_graphic()).count();
            match user.get(text) {
                Some(0) if text < MAX_USER => Match::Yes,
                None if text < MAX_USER => Match::Maybe,
                _ => Match::No,
            }
        }
        _ => Match::No,
    }
}

/// A TPKT header (RFC 1006) around an X.224 connection request or confirm.
fn remote_desktop(bytes: &[u8]) -> Match {
    if bytes.len() >= 6 {
        let kind = bytes.get(5).is_some_and(|b| matches!(b, 0xe0 | 0xd0));
        let length = u16_at(bytes, 2).is_some_and(|l| (11..=512).contains(&l));
        return Match::from_bool(bytes.starts_with(&[3, 0]) && kind && length);
    }
    match Match::prefix(bytes, &[3, 0]) {
        Match::No => Match::No,
        _ => Match::Maybe,
    }
}

/// A NetBIOS session message that holds SMB.
fn smb(bytes: &[u8]) -> Match {
    match bytes {
        [0, 0 | 1, _, _, 0xff | 0xfe, b'S', b'M', b'B', ..] => Match::Yes,
        [0] | [0, 0 | 1] | [0, 0 | 1, _] | [0, 0 | 1, _, _] => Match::Maybe,
        [0, 0 | 1, _, _, 0xff | 0xfe, rest @ ..] => Match::prefix(rest, b"SMB"),
        _ => Match::No,
    }
}

/// An option negotiation of Telnet (RFC 854).
fn telnet(bytes: &[u8]) -> Match {
    match bytes {
        [0xff] | [0xff, 0xfb..=0xfe] => Match::Maybe,
        [0xff, 0xfb..=0xfe, option, ..] => Match::from_bool(*option < 50),
        _ => Match::No,
    }
}

/// STUN over a stream (RFC 8489): a message begins with its type and the magic cookie.
fn stun_stream(bytes: &[u8]) -> Match {
    match bytes {
        [0 | 1, kind, _, low, 0x21, 0x12, 0xa4, 0x42, ..] => {
            Match::from_bool(kind & 0xe0 == 0 && low % 4 == 0)
        }
        [0 | 1, _, _, _, rest @ ..] => Match::prefix(rest, &[0x21, 0x12, 0xa4, 0x42]),
        [0 | 1, ..] => Match::Maybe,
        _ => Match::No,
    }
}

fn is_stun(bytes: &[u8]) -> bool {
    let mut reader = Reader::new(bytes);
    let (Some(kind), Some(length), Some(cookie)) = (reader.u16(), reader.u16(), reader.u32())
    else {
        return false;
    };
    kind < 0x4000 && cookie == 0x2112_a442 && usize::from(length) + 20 <= bytes.len()
}

fn is_sip(bytes: &[u8]) -> bool {
    let first = bytes.get(..bytes.len().min(200)).unwrap_or(bytes);
    let line = first.split(|b| *b == b'\r').next().unwrap_or_default();
    line.starts_with(b"SIP/2.0 ") || line.ends_with(b" SIP/2.0")
}

/// RFC 5905: version 1 to 4, and as long as its mode asks for.
fn is_ntp(bytes: &[u8]) -> bool {
    let Some(first) = bytes.first() else {
        return false;
    };
    let least = match first & 7 {
        1..=5 => 48,
        6 => 12,
        7 => 8,
        _ => return false,
    };
    (1..=4).contains(&(first >> 3 & 7)) && bytes.len() >= least
}

/// Messages of the distributed hash table (BEP 5), of UDP trackers (BEP 15), and the first packet
/// of a uTP connection (BEP 29).
fn is_bittorrent(bytes: &[u8]) -> bool {
    let table = bytes.ends_with(b"e")
        && [&b"d1:ad2:id20:"[..], b"d1:rd2:id20:", b"d1:el", b"d2:ip"]
            .iter()
            .any(|start| bytes.starts_with(start));
    let tracker =
        bytes.len() == 16 && bytes.starts_with(b"\x00\x00\x04\x17\x27\x10\x19\x80\0\0\0\0");
    let transport = matches!(bytes, [0x41, 0 | 2, ..])
        && bytes.len() <= 32
        && bytes.get(8..12) == Some(&[0; 4])
        && bytes.get(16..18) == Some(&[0, 1]);
    table || tracker || transport
}

fn is_dtls(bytes: &[u8]) -> bool {
    matches!(bytes, [20..=25, 0xfe, 0xff | 0xfd, 0, ..])
        && u16_at(bytes, 11).is_some_and(|length| usize::from(length) + 13 <= bytes.len())
}

fn is_wireguard(bytes: &[u8]) -> bool {
    matches!(bytes, [1, 0, 0, 0, ..]) && bytes.len() == 148
        || matches!(bytes, [2, 0, 0, 0, ..]) && bytes.len() == 92
}

// === impl RtpTrace ===

impl RtpTrace {
    /// Has this datagram the form of RTP (RFC 3550), with the source of the datagram before and a
    /// sequence number just after its own?
    fn confirms(&mut self, bytes: &[u8]) -> bool {
        let mut reader = Reader::new(bytes);
        let (Some(kind), Some(sequence), Some(_), Some(source)) =
            (reader.u16(), reader.u16(), reader.u32(), reader.u32())
        else {
            return false;
        };
        if kind >> 14 != 2 {
            return false;
        }
        let step = sequence.wrapping_sub(self.sequence);
        let confirmed = source != 0 && source == self.source && (1..=8).contains(&step);
        *self = Self { source, sequence };
        confirmed
    }
}

#[cfg(test)]
mod tests {
    use ostium_event::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::context::Side;

    proptest! {
        /// Not of SOCKS 5, whose client must wait after its first message.
        #[test]
        fn an_answer_stays_when_more_follows(
            start in prop::sample::select(vec![
                &b""[..], b"\x04\x01\0\x50\x01\x01\x01\x01", b"\x03\0", b"\0\0\0\x54\xffSM",
                b"\xff\xfb", b"\0\x01\0\0\x21\x12\xa4", b"SIP/2.", b"* ", b"OPTIONS ",
            ]),
            text in "[a-z\0\x21]{0,70}",
            tail in prop::collection::vec(any::<u8>(), 0..8),
        ) {
            let bytes = [start, text.as_bytes(), &tail].concat();
            prop_assume!(bytes.first() != Some(&5));
            let whole = stream(&bytes);
            for cut in 0..bytes.len() {
                let answer = stream(&bytes[..cut]);
                prop_assert!(answer.0 == Match::Maybe || answer == whole, "{:02x?} at {}", bytes, cut);
            }
        }
    }

    #[test]
    fn a_long_user_of_socks_is_none_for_any_cut() {
        for (len, answer) in [(63, Match::Yes), (64, Match::No), (100, Match::No)] {
            let user = [&[4, 2, 0, 80, 1, 2, 3, 4][..], &vec![b'Y'; len], &[0, 0]].concat();
            assert_eq!(stream(&user).0, answer, "{len}");
            let decided = (1..user.len()).map(|cut| stream(&user[..cut]).0);
            assert_eq!(decided.into_iter().find(|m| *m != Match::Maybe), Some(answer), "{len}");
        }
    }

    fn ctx(port: u16) -> Context {
        Context {
            at: Timestamp::ZERO,
            side: Side::Opener,
            opener_is_inside: true,
            opener_port: 40_000,
            responder_port: port,
            from_start: true,
        }
    }

    fn named(bytes: &[u8], port: u16) -> Option<Service> {
        datagram(bytes, &ctx(port), &mut RtpTrace::default())
    }

    #[test]
    fn streams_are_named() {
        let cases: [(&[u8], Service); 8] = [
            (b"\x13BitTorrent protocol\0\0", Service::BitTorrent),
            (&[5, 1, 0], Service::Other),
            (&[5, 2, 0, 2], Service::Other),
            (&[4, 1, 0, 80, 1, 2, 3, 4, b'm', 0], Service::Other),
            (&[3, 0, 0, 19, 14, 0xe0, 0, 0], Service::Other),
            (b"\0\0\0\x54\xffSMBr", Service::Other),
            (&[0xff, 0xfd, 0x18], Service::Other),
            (&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 1], Service::Media),
        ];
        for (bytes, service) in cases {
            assert_eq!(stream(bytes), (Match::Yes, service), "{bytes:02x?}");
            for cut in 1..bytes.len() {
                assert_ne!(stream(&bytes[..cut]).0, Match::No, "{bytes:02x?} {cut}");
            }
        }
        for bytes in [&b"hello"[..], &[5, 2, 40, 40], &[0xff, 0xff], &[4, 9, 9]] {
            assert_eq!(stream(bytes).0, Match::No, "{bytes:02x?}");
        }
    }

    #[test]
    fn datagrams_are_named() {
        let mut ntp = [0u8; 48];
        ntp[0] = 0x23;
        assert_eq!(named(&ntp, 123), Some(Service::Ntp));
        assert_eq!(named(&ntp, 124), None);
        let dht = b"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe";
        assert_eq!(named(dht, 6881), Some(Service::BitTorrent));
        assert_eq!(named(&dht[..20], 6881), None);
        let mut stun = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        stun.extend_from_slice(&[7; 12]);
        assert_eq!(named(&stun, 3478), Some(Service::Media));
        assert_eq!(by_port(&ctx(5353)), Some(Service::Other));
        assert_eq!(by_port(&ctx(53)), None);
        let by_chance = |responder_port| Context { opener_port: 5353, ..ctx(responder_port) };
        assert_eq!(by_port(&by_chance(53)), None);
        assert_eq!(by_port(&by_chance(50_000)), Some(Service::Other));
    }

    #[test]
    fn rtp_needs_a_second_packet() {
        let packet = |sequence: u8, source: u8| {
            let mut bytes = vec![0x80, 0, 0, sequence, 0, 0, 0, 9, 1, 2, 3, source];
            bytes.extend_from_slice(&[0x55; 160]);
            bytes
        };
        let mut trace = RtpTrace::default();
        assert_eq!(datagram(&packet(7, 1), &ctx(9000), &mut trace), None);
        assert_eq!(datagram(&packet(8, 2), &ctx(9000), &mut trace), None);
        assert_eq!(datagram(&packet(9, 2), &ctx(9000), &mut trace), Some(Service::Media));
    }
}
