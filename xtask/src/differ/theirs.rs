//! What tshark tells of a capture, field by field.

use std::path::Path;
use std::process::Command;

use sha2::{Digest, Sha256};

use super::Facts;

/// Multicast look-ups and messages quoted in ICMP errors are none of ours.
const FILTER: &str = "not icmp and not icmpv6 and ((dns and not mdns and not llmnr) or \
    tls.handshake.type == 1 or (http and tcp and not ssdp))";

/// The fields in the order of the columns.
const FIELDS: [&str; 26] = [
    "frame.protocols",
    "ip.src",
    "ipv6.src",
    "ip.dst",
    "ipv6.dst",
    "tcp.srcport",
    "udp.srcport",
    "tcp.dstport",
    "udp.dstport",
    "dns.id",
    "dns.flags.response",
    "dns.qry.name",
    "dns.qry.type",
    "dns.flags.rcode",
    "dns.a",
    "dns.aaaa",
    "dns.count.add_rr",
    "dns.count.auth_rr",
    "tls.handshake.type",
    "tls.handshake.extensions_server_name",
    "tls.handshake.extensions_alpn_str",
    "tls.handshake.ciphersuite",
    "http.request.method",
    "http.host",
    "http.request.uri",
    "http.user_agent",
];
const STATUS: &str = "http.response.code";
/// Parts values of one field.
const COMMA: char = '\u{1}';
/// A reply is told where its head ends, as we do, and not only once its whole body is there.
const AT_THE_HEAD: [&str; 2] = ["-o", "http.desegment_body:FALSE"];
/// Longer paths and names of software are cut in our events.
const MAX_TEXT: usize = 1024;

/// One line: the columns.
struct Row<'a>(Vec<&'a str>);

/// The facts of a capture; `None` when tshark cannot read it.
pub(super) fn facts(path: &Path) -> Option<Facts> {
    let mut command = Command::new("tshark");
    command.args(AT_THE_HEAD).args(["-n", "-r"]).arg(path).args(["-Y", FILTER, "-T", "fields"]);
    command.args(["-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=\u{1}"]);
    command.args(FIELDS.iter().chain([&STATUS]).flat_map(|field| ["-e", field]));
    let told = command.output().ok()?;
    let text = String::from_utf8_lossy(&told.stdout);
    let mut facts = Facts::default();
    for line in text.lines() {
        let row = Row(line.split('\t').collect());
        row.dns(&mut facts);
        row.tls(&mut facts);
        row.http(&mut facts);
    }
    Some(facts)
}

/// SHA-256 over the suites in order of their numbers, as JA4 has it.
fn suites(list: &[&str]) -> String {
    let mut suites: Vec<String> = list
        .iter()
        .filter_map(|hex| u16::from_str_radix(hex.trim_start_matches("0x"), 16).ok())
        .filter(|suite| !(suite & 0x0f0f == 0x0a0a && suite >> 8 == suite & 0xff))
        .map(|suite| format!("{suite:04x}"))
        .collect();
    if suites.is_empty() {
        return "0".repeat(12);
    }
    suites.sort();
    let digest = Sha256::digest(suites.join(",").as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// The host without user and port, and the path, of what is asked for.
fn target(method: &str, host: &str, uri: &str) -> (String, usize) {
    let (authority, path) = match uri.split_once("://") {
        _ if method == "CONNECT" => (uri, 0),
        Some((_, rest)) => {
            let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
            (rest.get(..end).unwrap_or_default(), (rest.len() - end).max(1))
        }
        None => (host, uri.len()),
    };
    let name = authority.rsplit('@').next().unwrap_or_default().trim();
    let name = match name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inner, _)) => inner,
        None => name.rsplit_once(':').map_or(name, |(name, _)| name),
    };
    (name.trim_end_matches('.').to_ascii_lowercase(), path)
}

/// A name of DNS without what each writes its own way: case, and any run of odd bytes is one `?`.
/// `None` when tshark could not read it.
fn name_shown(name: &str) -> Option<String> {
    match name {
        "<Root>" => return Some(String::new()),
        _ if name.starts_with('<') => return None,
        _ => {}
    }
    let mut plain = String::new();
    let mut rest = name.chars();
    while let Some(c) = rest.next() {
        let mut digits = rest.clone().take(3);
        let c = match c {
            // Odd bytes are told by three digits.
            '\\' if digits.all(|d| d.is_ascii_digit()) => {
                rest.nth(2);
                '?'
            }
            '\\' if matches!(rest.clone().next(), Some('n' | 'r' | 't' | 'b' | 'f' | 'v')) => {
                rest.next();
                '?'
            }
            c if c.is_ascii_graphic() => c.to_ascii_lowercase(),
            _ => '?',
        };
        plain.push(c);
    }
    Some(super::without_runs(&plain))
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

// === impl Row ===

impl<'a> Row<'a> {
    /// Every value of a field.
    fn all(&self, field: &str) -> Vec<&'a str> {
        let place = FIELDS.iter().chain([&STATUS]).position(|name| *name == field);
        let text = place.and_then(|place| self.0.get(place)).copied().unwrap_or_default();
        text.split(COMMA).filter(|value| !value.is_empty()).collect()
    }

    /// The innermost value of any of these.
    fn last(&self, fields: [&str; 2]) -> &'a str {
        fields.iter().find_map(|field| self.all(field).last().copied()).unwrap_or_default()
    }

    /// Is the innermost packet one of IPv6?
    fn is_v6(&self) -> bool {
        let mut layers = self.first("frame.protocols").split(':');
        layers.rfind(|layer| matches!(*layer, "ip" | "ipv6")) == Some("ipv6")
    }

    fn first(&self, field: &str) -> &'a str {
        self.all(field).first().copied().unwrap_or_default()
    }

    fn ends(&self) -> [String; 2] {
        let end = |mut addr: [&str; 2], port| {
            if self.is_v6() {
                addr.reverse();
            }
            format!("{}:{}", self.last(addr), self.last(port))
        };
        [
            end(["ip.src", "ipv6.src"], ["tcp.srcport", "udp.srcport"]),
            end(["ip.dst", "ipv6.dst"], ["tcp.dstport", "udp.dstport"]),
        ]
    }

    /// Frames of several messages are left out: their fields cannot be told apart.
    fn dns(&self, facts: &mut Facts) {
        let (ids, names) = (self.all("dns.id"), self.all("dns.qry.name"));
        if ids.len() != 1 || names.len() != 1 {
            return;
        }
        let reply = matches!(self.first("dns.flags.response"), "1" | "True");
        let more = format!("{} {reply}", ids[0].trim_start_matches("0x"));
        let Some(name) = name_shown(names[0]) else { return };
        let rcode = if reply { self.first("dns.flags.rcode") } else { "" };
        let told = format!("{name} {} {rcode}", self.first("dns.qry.type"));
        facts.add("DNS message", self.ends(), &more, told);
        if self.first("dns.count.add_rr") == "0" && self.first("dns.count.auth_rr") == "0" {
            let mut all = self.all("dns.a");
            all.extend(self.all("dns.aaaa"));
            all.sort_unstable();
            facts.add("DNS addresses", self.ends(), &more, all.join(" "));
        }
    }

    fn tls(&self, facts: &mut Facts) {
        let hellos = self.all("tls.handshake.type").iter().filter(|kind| **kind == "1").count();
        if hellos != 1 {
            return;
        }
        let told = format!(
            "{} {} {}",
            or_dash(self.first("tls.handshake.extensions_server_name")).to_ascii_lowercase(),
            or_dash(self.first("tls.handshake.extensions_alpn_str")),
            suites(&self.all("tls.handshake.ciphersuite"))
        );
        facts.add("TLS hello", self.ends(), "", told);
    }

    fn http(&self, facts: &mut Facts) {
        let methods = self.all("http.request.method");
        for (place, method) in methods.iter().enumerate() {
            let one = |field| {
                let all = self.all(field);
                (all.len() == methods.len()).then(|| all.get(place).copied()).flatten()
            };
            let (host, uri) = (one("http.host"), one("http.request.uri"));
            let (host, len) = target(method, host.unwrap_or_default(), uri.unwrap_or_default());
            let (len, agent) = (len.min(MAX_TEXT), one("http.user_agent").map_or(0, str::len));
            let agent = agent.min(MAX_TEXT);
            let told = format!("{method} {} {len} {agent}", or_dash(&host));
            facts.add("HTTP request", self.ends(), "", told);
        }
        for status in self.all(STATUS) {
            if !matches!(status, "100" | "102" | "103") {
                facts.add("HTTP reply", self.ends(), "", status.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_their_odd_bytes() {
        assert_eq!(name_shown("WWW.ex.COM").as_deref(), Some("www.ex.com"));
        assert_eq!(name_shown("a\\000\\rb\u{fffd}.ex").as_deref(), Some("a?b?.ex"));
        assert_eq!(name_shown("<Root>").as_deref(), Some(""));
        assert_eq!(name_shown("<Unknown extended label>"), None);
    }

    #[test]
    fn ends_are_of_the_innermost_packet() {
        let mut cells = [""; FIELDS.len()];
        cells[..5].copy_from_slice(&[
            "eth:ip:ipv6:udp:dns",
            "1.1.1.1",
            "fd::1",
            "2.2.2.2",
            "fd::2",
        ]);
        assert_eq!(Row(cells.to_vec()).ends(), ["fd::1:", "fd::2:"]);
        cells[0] = "eth:ip:udp:dns";
        assert_eq!(Row(cells.to_vec()).ends(), ["1.1.1.1:", "2.2.2.2:"]);
    }
}
