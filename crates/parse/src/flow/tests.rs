//! A bench that tests of all protocols share: feed bytes, read events as text.

use ostium_event::{Answer, AnswerData, Service, Timestamp, What};

use super::FlowParser;
use crate::context::{Context, Interest, Side};

pub(crate) struct Bench {
    parser: FlowParser,
    pub(crate) ctx: Context,
    pub(crate) seen: Vec<String>,
}

pub(crate) fn more(interest: Interest) {
    assert_eq!(interest, Interest::More);
}

pub(crate) fn done(interest: Interest) {
    assert_eq!(interest, Interest::Done);
}

impl Bench {
    pub(crate) fn new(port: u16) -> Self {
        Self {
            parser: FlowParser::default(),
            ctx: Context {
                at: Timestamp::from_secs(1_700_000_000),
                side: Side::Opener,
                opener_is_inside: true,
                opener_port: 40_000,
                responder_port: port,
                from_start: true,
            },
            seen: Vec::new(),
        }
    }

    pub(crate) fn opener(&mut self, bytes: &[u8]) -> Interest {
        self.stream(Side::Opener, bytes)
    }

    pub(crate) fn responder(&mut self, bytes: &[u8]) -> Interest {
        self.stream(Side::Responder, bytes)
    }

    pub(crate) fn stream(&mut self, side: Side, bytes: &[u8]) -> Interest {
        self.ctx.side = side;
        let seen = &mut self.seen;
        self.parser.stream(&self.ctx, bytes, &mut |what| seen.push(text(&what)))
    }

    pub(crate) fn datagram(&mut self, side: Side, bytes: &[u8]) -> Interest {
        self.ctx.side = side;
        let seen = &mut self.seen;
        self.parser.datagram(&self.ctx, bytes, &mut |what| seen.push(text(&what)))
    }

    pub(crate) fn gap(&mut self, side: Side, missing: u64) -> Interest {
        self.ctx.side = side;
        let seen = &mut self.seen;
        self.parser.gap(&self.ctx, missing, &mut |what| seen.push(text(&what)))
    }

    pub(crate) fn finish(&mut self) {
        let seen = &mut self.seen;
        self.parser.finish(&self.ctx, &mut |what| seen.push(text(&what)));
    }

    pub(crate) fn service(&self) -> Service {
        self.parser.service()
    }
}

fn answer(answer: &Answer<'_>) -> String {
    match answer.data {
        AnswerData::Addr(addr) => format!(" {addr}/{}", answer.ttl),
        AnswerData::Cname(name) => format!(" cname {name}/{}", answer.ttl),
        AnswerData::Other(kind, len) => format!(" type{}[{len}]/{}", kind.0, answer.ttl),
    }
}

fn text(what: &What<'_>) -> String {
    match what {
        What::Dns(d) => {
            let answers: String = d.answers.iter().map(answer).collect();
            format!(
                "dns {:?} {} {} {} {:?} {}{answers}",
                d.stage, d.id, d.name, d.record_type.0, d.rcode, d.reply_bytes
            )
        }
        What::Tls(t) => format!(
            "tls {} {:?} {:04x} {} {}",
            t.server_name.unwrap_or("-"),
            t.alpn,
            t.version.0,
            t.ja4.map(|j| j.to_string()).unwrap_or_default(),
            t.quic
        ),
        What::Banner(b) => format!("banner {:?} in={} {}", b.service, b.from_inside, b.text),
        What::Command(c) => format!("command {:?} {} {}", c.service, c.verb, c.argument),
        What::Irc(i) => {
            let sign = i.sign.map(|sign| format!(" {sign:?}")).unwrap_or_default();
            format!("irc {} {}{sign}", i.verb, i.channel)
        }
        What::Http(h) => format!(
            "http {} {:?} {:?} {} {:?} {} ref={} lang={:?} {} proxy={}",
            h.method,
            h.host,
            h.port,
            h.uri,
            h.user_agent,
            h.header_count,
            h.has_referer,
            h.has_accept_language,
            h.body_bytes,
            h.via_proxy
        ),
        What::HttpReply(r) => format!(
            "reply {} {:?} {:?} {} {:?}",
            r.status, r.content_type, r.server, r.body_bytes, r.body
        ),
        What::TlsServer(s) => format!(
            "server {} {:04x} {:04x} {}{}",
            s.server_name.unwrap_or("-"),
            s.version.0,
            s.cipher,
            s.fingerprint,
            s.certificate
                .map(|c| format!(
                    " [{}|{}|self={}|{}|{:?}|{:?}|{}]",
                    c.subject,
                    c.issuer,
                    c.self_signed,
                    c.valid_days,
                    c.age_days,
                    c.has_san,
                    c.fingerprint
                ))
                .unwrap_or_default()
        ),
        What::Anomaly(a) => format!("anomaly {}", a.name()),
        other => format!("{other:?}"),
    }
}

#[test]
fn unknown_bytes_of_the_opener_end_the_flow() {
    let mut bench = Bench::new(443);
    done(bench.opener(b"\x99\x98\x97 binary"));
    assert_eq!(bench.service(), Service::Unknown);
    assert_eq!(bench.seen, ["anomaly port_unknown_content"]);
    let mut bench = Bench::new(4444);
    done(bench.opener(b"\x99\x98\x97 binary"));
    assert!(bench.seen.is_empty());
}

#[test]
fn joined_in_the_middle_gets_more_tries() {
    let mut bench = Bench::new(443);
    bench.ctx.from_start = false;
    more(bench.opener(b"\x99\x98\x97 binary"));
    more(bench.responder(b"\x99\x98\x97 binary"));
    more(bench.opener(b"GET / HTTP/1.1\r\n\r\n"));
    assert_eq!(bench.service(), Service::Http);
    assert_eq!(bench.seen[0], "anomaly port_mismatch");
}

#[test]
fn a_few_bytes_decide_at_the_end() {
    let mut bench = Bench::new(80);
    more(bench.opener(b"GE"));
    bench.finish();
    assert_eq!(bench.service(), Service::Unknown);
    assert_eq!(bench.seen, ["anomaly port_unknown_content"]);
}

#[test]
fn unknown_datagrams_end_the_flow() {
    let mut bench = Bench::new(53);
    more(bench.datagram(Side::Opener, b"\xff\xff\xff"));
    more(bench.datagram(Side::Opener, b"\xff\xff\xff"));
    done(bench.datagram(Side::Opener, b"\xff\xff\xff"));
    assert_eq!(bench.seen, ["anomaly port_unknown_content"]);
    assert_eq!(bench.service(), Service::Unknown);
}

#[test]
fn a_gap_before_recognition_starts_again() {
    let mut bench = Bench::new(80);
    more(bench.opener(b"GE"));
    more(bench.gap(Side::Opener, 9));
    more(bench.opener(b"GET / HTTP/1.1\r\n\r\n"));
    assert_eq!(bench.service(), Service::Http);
}
