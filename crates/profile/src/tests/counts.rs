//! Counts of a host and of its clients against a list of all that was said.

use std::collections::BTreeSet;

use ostium_event::{Addr, HttpReply, HttpRequest, Timestamp, TlsClient};
use proptest::prelude::*;

use super::{START, hello};
use crate::{DnsUse, HttpFacts, TlsFacts};

/// Letters as `a`, digits as `0`, and of the same in a row one.
fn folded(uri: &str) -> String {
    let class = |c: char| match c {
        'a'..='z' | 'A'..='Z' => 'a',
        '0'..='9' => '0',
        other => other,
    };
    let mut all: Vec<char> = uri.chars().map(class).collect();
    all.dedup();
    all.into_iter().collect()
}

const AGENTS: [Option<&str>; 4] = [None, Some(""), Some("curl/8.0"), Some("Mozilla/5.0")];
const METHODS: [&str; 4] = ["GET", "POST", "PUT", "HEAD"];

proptest! {
    #[test]
    fn requests_are_counted(
        said in prop::collection::vec(
            ("/[a-z0-9/?=.-]{0,12}", 0usize..4, 0usize..4, any::<(bool, u8, u32)>(), any::<Option<bool>>()),
            1..60,
        ),
    ) {
        let mut facts = HttpFacts::default();
        for (uri, method, agent, (referer, headers, body), language) in &said {
            let request = HttpRequest {
                method: METHODS[*method],
                uri,
                user_agent: AGENTS[*agent],
                has_referer: *referer,
                header_count: *headers,
                body_bytes: u64::from(*body),
                has_accept_language: *language,
                ..HttpRequest::default()
            };
            facts.request(&request, *headers % 2 == 0, 80);
        }
        let count = |test: &dyn Fn(usize) -> bool| (0..said.len()).filter(|n| test(*n)).count() as u32;
        prop_assert_eq!(facts.requests as usize, said.len());
        prop_assert_eq!(facts.posts, count(&|n| [1, 2].contains(&said[n].1)));
        prop_assert_eq!(facts.no_agent, count(&|n| said[n].2 < 2));
        prop_assert_eq!(facts.with_referer, count(&|n| said[n].3.0));
        prop_assert_eq!(facts.bare_host, count(&|n| said[n].3.1 % 2 == 0));
        prop_assert_eq!(facts.no_language, count(&|n| said[n].4 == Some(false)));
        prop_assert_eq!(Some(facts.fewest_headers), said.iter().map(|s| s.3.1).min());
        prop_assert_eq!(facts.posted_bytes, said.iter().map(|s| u64::from(s.3.2)).sum::<u64>());
        let agents: Vec<&str> = said.iter().filter_map(|s| AGENTS[s.2]).collect();
        let changes = agents.windows(2).filter(|pair| pair[0] != pair[1]).count();
        prop_assert_eq!(facts.agent_changes as usize, changes);
        prop_assert_eq!(facts.agent.as_deref(), agents.last().copied());
        let path = ostium_intel::without_values(&said[said.len() - 1].0);
        prop_assert_eq!(facts.path.as_deref(), Some(&*path));
        // One of 64 bits for each shape: several may share one.
        let shapes = said.iter().map(|s| folded(&s.0)).collect::<BTreeSet<_>>().len();
        let expected = 64.0 * (1.0 - (63.0f64 / 64.0).powi(shapes as i32));
        let told = facts.uri_shapes();
        prop_assert!(told as usize <= shapes && f64::from(told) > expected - 10.0, "{told} {shapes}");
    }

    #[test]
    fn replies_are_counted(
        said in prop::collection::vec((100u16..600, any::<u32>(), any::<bool>()), 0..60),
    ) {
        let mut facts = HttpFacts::default();
        for (status, body, program) in &said {
            let reply =
                HttpReply { status: *status, body_bytes: u64::from(*body), ..HttpReply::default() };
            facts.reply(&reply, *program);
        }
        prop_assert_eq!(facts.replies as usize, said.len());
        prop_assert_eq!(facts.errors as usize, said.iter().filter(|s| s.0 >= 400).count());
        prop_assert_eq!(facts.programs as usize, said.iter().filter(|s| s.2).count());
        prop_assert_eq!(facts.reply_bytes, said.iter().map(|s| u64::from(s.1)).sum::<u64>());
    }

    #[test]
    fn hellos_are_counted(said in prop::collection::vec(any::<(bool, bool, bool, bool)>(), 0..40)) {
        let mut facts = TlsFacts::default();
        for (named, quic, alpn, known) in &said {
            let plain = hello(named.then_some("quiet.example"));
            let ja4 = plain.ja4.filter(|_| *known);
            facts.hello(&TlsClient { quic: *quic, alpn: alpn.then_some("h2"), ja4, ..plain }, 443);
        }
        let count = |test: fn(&(bool, bool, bool, bool)) -> bool| {
            said.iter().filter(|s| test(s)).count() as u32
        };
        prop_assert_eq!(facts.hellos as usize, said.len());
        prop_assert_eq!(facts.nameless, count(|s| !s.0));
        prop_assert_eq!(facts.quic, count(|s| s.1));
        prop_assert_eq!(facts.no_alpn, count(|s| !s.2));
        prop_assert_eq!(facts.ja4.is_some(), said.iter().any(|s| s.3));
    }

    #[test]
    fn servers_of_names_are_told_apart_up_to_eight(
        said in prop::collection::vec((0u8..12, any::<bool>()), 1..60),
    ) {
        let server = |n: u8| Addr::v4([9, 9, 9, n]);
        let mut dns = DnsUse::default();
        for (turn, (n, mx)) in said.iter().enumerate() {
            dns.query(Timestamp::from_secs(START + turn as u64), server(*n), *mx);
        }
        let mut asked: Vec<Addr> = Vec::new();
        for (n, _) in &said {
            if !asked.contains(&server(*n)) {
                asked.push(server(*n));
            }
        }
        prop_assert_eq!(usize::from(dns.server_count), asked.len().min(9));
        let known = asked.len().min(8);
        prop_assert_eq!(&dns.servers[..known], &asked[..known]);
        prop_assert_eq!(dns.queries as usize, said.len());
        prop_assert_eq!(dns.mx as usize, said.iter().filter(|s| s.1).count());
        prop_assert_eq!(dns.last.since(dns.first).secs() as usize, said.len() - 1);
    }
}
