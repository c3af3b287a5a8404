//! What can be odd about a destination.

use ostium_event::{Proto, Service};
use ostium_names as names;
use ostium_profile::{Conversation, View as Kind, domain_key};

use crate::View;

/// One thing that is odd.
pub(super) struct Oddity {
    pub(super) name: &'static str,
    pub(super) nats: f64,
    pub(super) technique: &'static str,
    pub(super) words: String,
    pub(super) numbers: Vec<(&'static str, f64)>,
    /// Where it was seen, when that may not be the conversation's last port.
    pub(super) port: Option<u16>,
}

/// Calls to an address that never answers, from which on it is one that the host wants.
const CALLED_IN_VAIN: u32 = 12;

fn odd(name: &'static str, nats: f64, technique: &'static str, words: impl Into<String>) -> Oddity {
    Oddity { name, nats, technique, words: words.into(), numbers: Vec::new(), port: None }
}

/// Everything that is odd about a conversation's other end.
pub(super) fn of(c: &Conversation, view: &View<'_>, mismatched: bool) -> Vec<Oddity> {
    let mut all = Vec::new();
    certificate(c, &mut all);
    bare_address(c, view, &mut all);
    port(c, mismatched, &mut all);
    name(c, view, &mut all);
    all
}

fn certificate(c: &Conversation, all: &mut Vec<Oddity>) {
    let Some(tls) = &c.tls else { return };
    if tls.certificates == 0 {
        return;
    }
    let subject = tls.subject.as_deref().unwrap_or_default();
    if tls.self_signed * 2 > tls.certificates {
        let bare = tls.nameless * 2 > tls.hellos;
        all.push(Oddity {
            numbers: vec![
                ("valid_days", f64::from(tls.valid_days)),
                ("age_days", f64::from(tls.age_days.unwrap_or(-1))),
            ],
            ..odd(
                "self-signed-certificate",
                if bare { 3.5 } else { 2.5 },
                "T1573.002",
                format!("its certificate ('{subject}') signed itself"),
            )
        });
    }
    // No public authority may sign for longer: 39 months since 2015, five years before that
    // (CA/Browser Forum baseline requirements 6.3.2).
    else if tls.valid_days > 1830 {
        all.push(odd(
            "private-certificate",
            if tls.no_san * 2 > tls.certificates { 3.0 } else { 2.0 },
            "T1573.002",
            format!(
                "its certificate ('{subject}') is valid for {} days: no public authority's",
                tls.valid_days
            ),
        ));
    }
}

fn bare_address(c: &Conversation, view: &View<'_>, all: &mut Vec<Oddity>) {
    // A flow that is still open has not told its volume yet.
    let answered = c.two_way > 0
        || c.http.as_ref().is_some_and(|http| http.replies > 0)
        || c.tls.as_ref().is_some_and(|tls| tls.servers > 0);
    if c.name.is_some() || view.summary.looks_like_p2p() {
        return;
    }
    // A dead controller never answers, but is called again and again.
    let wanted = answered || c.starts >= CALLED_IN_VAIN;
    if wanted
        && view.host.dns_visible()
        && !view.blind.dns
        && matches!(c.key.proto, Proto::TCP)
        && !names::is_cdn(c.addr)
    {
        all.push(odd("never-resolved", 1.5, "T1071", "no name that the host asked for led here"));
    }
    if !answered {
        return;
    }
    if let Some(tls) = &c.tls
        && tls.nameless * 10 >= tls.hellos * 9
        && tls.quic == 0
        && !names::is_cdn(c.addr)
    {
        all.push(odd("tls-without-name", 1.8, "T1573", "TLS to a bare address, no server named"));
    }
    if let Some(http) = &c.http
        && http.bare_host * 10 >= http.requests * 9
    {
        all.push(odd("http-to-bare-address", 1.5, "T1071.001", "HTTP to a bare address"));
    }
    if c.key.proto == Proto::TCP && c.spoke_only(Service::Unknown) && !is_known_port(c.port) {
        all.push(odd(
            "unknown-protocol",
            2.0,
            "T1095",
            "an unknown protocol over TCP to an address without a name",
        ));
    }
}

fn port(c: &Conversation, mismatched: bool, all: &mut Vec<Oddity>) {
    // IRC on an odd port is the IRC detector's to tell.
    if mismatched && !c.spoke(Service::Irc) {
        all.push(odd(
            "port-mismatch",
            2.0,
            "T1571",
            format!("what is spoken on port {} is not what the port promises", c.port),
        ));
    }
    // A name may be called on several ports, of which the conversation keeps the last: what was
    // spoken on which port is asked of the facts.
    let tls = c.tls.as_ref().filter(|t| t.hellos > 0 && t.quic == 0).map_or(0, |t| t.port);
    if tls != 0 && !is_tls_port(tls) && matches!(c.key.view, Kind::Address | Kind::Name) {
        all.push(on_port("tls-on-odd-port", 1.2, "TLS", tls));
    }
    let http = c.http.as_ref().filter(|h| h.requests > 0 && !c.via_proxy).map_or(0, |h| h.port);
    if http != 0 && !is_http_port(http) {
        all.push(on_port("http-on-odd-port", 1.0, "HTTP", http));
    }
}

fn on_port(name: &'static str, nats: f64, spoken: &str, port: u16) -> Oddity {
    Oddity { port: Some(port), ..odd(name, nats, "T1571", format!("{spoken} on port {port}")) }
}

fn name(c: &Conversation, view: &View<'_>, all: &mut Vec<Oddity>) {
    let Some(name) = &c.name else { return };
    if name.dynamic {
        all.push(odd(
            "dynamic-dns",
            2.0,
            "T1568",
            "its name is of a dynamic DNS provider: anybody has one in a minute",
        ));
    }
    if name.rank.is_none() && matches!(c.key.view, Kind::Name | Kind::Domain | Kind::Address) {
        let rarity = view.prevalence.rarity(domain_key(name.site()));
        if rarity >= 1.0 {
            all.push(Oddity {
                numbers: vec![
                    ("hosts", f64::from(view.prevalence.hosts())),
                    ("hosts_sharing", f64::from(view.prevalence.sharing(domain_key(name.site())))),
                ],
                ..odd(
                    "rare-name",
                    rarity.min(2.0),
                    "T1583.001",
                    "unpopular, and few here ask for it",
                )
            });
        }
        let label = name.site().split('.').next().unwrap_or_default();
        let machine = names::dga_llr(name.site());
        if machine >= 2.5 && label.len() >= 10 {
            all.push(odd(
                "machine-made-name",
                f64::from(machine).min(2.0),
                "T1568.002",
                "its name looks made by a machine",
            ));
        }
    }
}

const fn is_tls_port(port: u16) -> bool {
    matches!(
        port,
        443 | 465 | 563 | 587 | 25 | 110 | 143 | 636 | 853 | 989
            ..=995
                | 2083
                | 2087
                | 2096
                | 3389
                | 4443
                | 5061
                | 5222
                | 5223
                | 5228
                | 8443
                | 9443
                | 8883
                | 3478
                | 5349
                | 1433
    )
}

const fn is_http_port(port: u16) -> bool {
    matches!(
        port,
        80 | 81 | 3128 | 5357 | 5985 | 8000 | 8008 | 8080 | 8081 | 8088 | 8888 | 2869 | 49152
    )
}

/// Ports of services whose protocol Ostium does not read.
const fn is_known_port(port: u16) -> bool {
    port < 1024
        || matches!(
            port,
            1194 | 1433 | 1521 | 1723 | 1935 | 3306 | 3389 | 3478 | 3724 | 5060..=5061 | 5222..=5228
                | 5432 | 5900..=5903 | 6881..=6889 | 8333 | 19302 | 25565 | 27015..=27030 | 51413
        )
}
