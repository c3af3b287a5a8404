//! What a sensor tells Prometheus.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use ostium_control::metrics::{self, label};
use ostium_sensor_api::{HubRow, Status, ZoneRow};

use crate::status::Board;

/// Answers at this address from now on.
///
/// # Errors
/// When the address is taken or not of this machine.
pub(crate) fn listen(address: SocketAddr, board: Arc<Board>) -> io::Result<()> {
    metrics::listen(address, move || text(&board.read()))
}

/// The line to a hub, when one was joined.
fn hub(status: &Status, one: &mut impl FnMut(&str, &str, &str, &[(String, f64)])) {
    let of = |value: fn(&HubRow) -> f64| -> Vec<_> {
        status.hub.iter().map(|hub| (String::new(), value(hub))).collect()
    };
    one("hub_connected", "gauge", "Is the line to the hub open?", &of(|h| f64::from(h.open)));
    one(
        "hub_fresh",
        "gauge",
        "Does the hub still say that this is all?",
        &of(|h| f64::from(h.fresh)),
    );
    one("hub_entries", "gauge", "Entries that the hub has published.", &of(|h| h.entries as f64));
    let help = "Patterns of conversations that the hub has published.";
    one("hub_patterns", "gauge", help, &of(|h| h.apart.patterns as f64));
    let help = "Victims of many sites that the hub has published.";
    one("hub_throttles", "gauge", help, &of(|h| h.apart.throttles as f64));
    let help = "Generators of names that the hub has published.";
    one("hub_generators", "gauge", help, &of(|h| h.apart.generators as f64));
    one("hub_reports_total", "counter", "Reports that the hub has.", &of(|h| h.durable as f64));
    one(
        "hub_reports_waiting",
        "gauge",
        "Reports that wait for the hub.",
        &of(|h| h.waiting as f64),
    );
    one("hub_reports_lost_total", "counter", "Reports without room.", &of(|h| h.lost as f64));
    let refused = |h: &HubRow| h.refusals.iter().map(|(_, n)| *n as f64).sum::<f64>();
    one(
        "hub_refusals_total",
        "counter",
        "Frames of the feed that were not believed.",
        &of(refused),
    );
}

/// The metrics of a status. No address and no name is among them.
pub(crate) fn text(status: &Status) -> String {
    let mut out = String::new();
    let mut one = |name: &str, kind: &str, help: &str, rows: &[(String, f64)]| {
        metrics::add(&mut out, name, kind, help, rows);
    };
    let plain = |value: f64| vec![(String::new(), value)];
    let interfaces = |value: fn(&ostium_sensor_api::InterfaceRow) -> f64| -> Vec<_> {
        status.interfaces.iter().map(|row| (label("interface", &row.name), value(row))).collect()
    };
    one("packets_total", "counter", "Packets taken.", &plain(status.packets as f64));
    one("bytes_total", "counter", "Bytes on the wire.", &plain(status.bytes as f64));
    one("flows_total", "counter", "Flows that have ended.", &plain(status.flows as f64));
    one("events_total", "counter", "Events heard.", &plain(status.events as f64));
    one(
        "shed_packets_total",
        "counter",
        "Packets of whole flows let go under load.",
        &plain(status.shed_packets as f64),
    );
    one(
        "shed_level",
        "gauge",
        "One flow in 2^level is analysed.",
        &plain(f64::from(status.shed_level)),
    );
    let dropped: Vec<_> = status
        .dropped
        .iter()
        .map(|(reason, count)| (label("reason", reason), *count as f64))
        .collect();
    one("dropped_total", "counter", "What was let go or could not be read.", &dropped);
    one(
        "interface_up",
        "gauge",
        "1 when it is up.",
        &interfaces(|row| f64::from(u8::from(row.up))),
    );
    let help = "Packets that the kernel saw.";
    one("interface_packets_total", "counter", help, &interfaces(|row| row.seen as f64));
    let help = "Packets that the kernel dropped because the ring was full.";
    one("interface_dropped_total", "counter", help, &interfaces(|row| row.dropped as f64));
    let verdicts = [("infected", status.infected), ("suspect", status.suspects)]
        .map(|(verdict, hosts)| (label("verdict", verdict), hosts as f64));
    one("hosts", "gauge", "Inside hosts that are not clean.", &verdicts);
    one(
        "blocks",
        "gauge",
        "Blocks in force, or that would be.",
        &plain(status.blocks_in_all as f64),
    );
    let stopped: u64 = status.blocks.iter().map(|row| row.packets).sum();
    one("blocked_packets", "gauge", "Packets stopped by blocks in force.", &plain(stopped as f64));
    one("indicators", "gauge", "Indicators loaded.", &plain(status.indicators as f64));
    hub(status, &mut one);
    let help = "Victims to whom a rate holds.";
    one("limits", "gauge", help, &plain(status.limits.len() as f64));
    let limited: u64 = status.limits.iter().map(|row| row.packets).sum();
    let help = "Packets that rates in force have let go.";
    one("limited_packets", "gauge", help, &plain(limited as f64));
    let zone = |value: fn(&ZoneRow) -> u64| -> Vec<_> {
        status.zone.iter().map(|zone| (String::new(), value(zone) as f64)).collect()
    };
    one("zone_names", "gauge", "Names that resolvers are told.", &zone(|z| z.names));
    one("zone_transfers_total", "counter", "Transfers of the zone.", &zone(|z| z.transfers));
    let help = "Changes of the zone that a resolver did not acknowledge.";
    one("zone_unheard_total", "counter", help, &zone(|z| z.unheard));
    one("memory_bytes", "gauge", "Resident memory.", &plain(status.memory as f64));
    let healthy = f64::from(u8::from(status.trouble.is_none()));
    one("enforcing", "gauge", "1 when the kernel does as it was told.", &plain(healthy));
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use ostium_sensor_api::{HostRow, InterfaceRow};

    #[test]
    fn every_line_is_a_comment_or_a_sample_and_no_address_is_told() {
        let host = |host: &str, verdict: &str| HostRow {
            host: host.to_owned(),
            verdict: verdict.to_owned(),
            ..HostRow::default()
        };
        let status = Status {
            packets: 7,
            interfaces: vec![InterfaceRow { name: "e\"0".to_owned(), ..InterfaceRow::default() }],
            hosts: vec![host("10.9.8.7", "infected"), host("10.9.8.6", "suspect")],
            infected: 1,
            suspects: 1,
            dropped: vec![("duplicate_packet".to_owned(), 3)],
            ..Status::default()
        };
        let text = text(&status);
        assert!(text.contains("ostium_packets_total 7\n"), "{text}");
        assert!(text.contains("ostium_hosts{verdict=\"infected\"} 1\n"));
        assert!(text.contains("ostium_dropped_total{reason=\"duplicate_packet\"} 3\n"));
        assert!(text.contains("interface=\"e\\\"0\""));
        assert!(!text.contains("10.9.8"), "addresses stay inside");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with("ostium_") && value.parse::<f64>().is_ok(), "{line}");
        }
    }

    /// Words of a text that are names of metrics.
    fn metrics_in(text: &str) -> BTreeSet<&str> {
        let part = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        text.split(part).filter(|word| word.starts_with("ostium_")).collect()
    }

    /// What a dashboard asks Prometheus.
    fn queries(dashboard: &serde_json::Value) -> Vec<&str> {
        let panels = dashboard["panels"].as_array().unwrap();
        let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
        targets.map(|target| target["expr"].as_str().unwrap()).collect()
    }

    #[test]
    fn the_dashboard_shows_every_metric_and_no_other() {
        let file = include_str!("../../../packaging/grafana/ostium-sensor.json");
        let dashboard: serde_json::Value = serde_json::from_str(file).unwrap();
        let text = text(&Status::default());
        let kinds = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
        let there: BTreeSet<&str> = kinds.filter_map(|kind| kind.split(' ').next()).collect();
        let asked = queries(&dashboard);
        let shown: BTreeSet<&str> = asked.iter().flat_map(|query| metrics_in(query)).collect();
        assert_eq!(shown, there);
        assert!(metrics_in(file).is_subset(&there), "the choice of sensors asks for one too");
        for query in asked.iter().filter(|query| query.contains("_total")) {
            assert!(query.contains("rate("), "a counter says nothing by itself: {query}");
        }
    }
}
