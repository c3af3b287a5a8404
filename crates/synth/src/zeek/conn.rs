//! conn.log.

use ostium_event::{Home, Proto, Service, Span};

use super::Key;
use super::table::Row;
use crate::record::Closed;

pub(super) const FIELDS: &[(&str, &str)] = &[
    ("ts", "time"),
    ("uid", "string"),
    ("id.orig_h", "addr"),
    ("id.orig_p", "port"),
    ("id.resp_h", "addr"),
    ("id.resp_p", "port"),
    ("proto", "enum"),
    ("service", "string"),
    ("duration", "interval"),
    ("orig_bytes", "count"),
    ("resp_bytes", "count"),
    ("conn_state", "string"),
    ("local_orig", "bool"),
    ("local_resp", "bool"),
    ("missed_bytes", "count"),
    ("history", "string"),
    ("orig_pkts", "count"),
    ("orig_ip_bytes", "count"),
    ("resp_pkts", "count"),
    ("resp_ip_bytes", "count"),
    ("tunnel_parents", "set[string]"),
];

pub(super) fn row(closed: &Closed, key: &Key<'_>, home: &Home) -> Row {
    let record = &closed.record;
    let mut row = key.row(record.first);
    row.show(key.ends.key.proto.name());
    row.maybe(service(record.service));
    let (out, back) = ((record.out, closed.ip_bytes.0), (record.back, closed.ip_bytes.1));
    let (orig, resp) = if key.inside_first() { (out, back) } else { (back, out) };
    // Zeek gives no sizes of what was over in an instant.
    let length = record.duration();
    if length > Span::ZERO {
        row.interval(length);
        row.show(orig.0.bytes);
        row.show(resp.0.bytes);
    } else {
        (0..3).for_each(|_| row.unset());
    }
    row.text(closed.word);
    row.flag(home.contains(key.orig.0));
    row.flag(home.contains(key.resp.0));
    row.show(0);
    match key.ends.key.proto {
        Proto::ICMP => row.unset(),
        _ => row.text(closed.history.as_str()),
    }
    for (volume, ip_bytes) in [orig, resp] {
        row.show(volume.packets);
        row.show(ip_bytes);
    }
    row.unset();
    row
}

const fn service(service: Service) -> Option<&'static str> {
    Some(match service {
        Service::Dns => "dns",
        Service::Tls => "ssl",
        Service::Quic => "quic",
        Service::Http => "http",
        Service::Ssh => "ssh",
        Service::Smtp => "smtp",
        Service::Ftp => "ftp",
        Service::Irc => "irc",
        Service::Ntp => "ntp",
        Service::BitTorrent => "bittorrent",
        Service::Media => "stun",
        Service::Silent | Service::Unknown | Service::Other => return None,
    })
}
