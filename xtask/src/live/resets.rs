//! A sensor at a tap, which gets copies of the packets and can only send resets: how often it wins.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::net::Ipv4Addr;

use ostium_lab::Host;

use super::answer::Order;
use super::fetch::Fetched;
use super::gateway::{Gateway, HEARD, quiet};
use super::sensor::{Sensor, Wish};
use super::stats::percent;
use super::{Bench, Told};

const CONNECTIONS: usize = 200;
/// Known as a network, so that each connection is with another address.
const NETWORK: &str = "198.18.0.0/16";
const FIRST: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);
/// The interface that copies come by.
const COPIES: &str = "mir0";
/// The interface that resets leave by.
const WAY: &str = "man0";

/// How the server answers.
const ANSWERS: &[(&str, Order)] = &[
    ("100 kB at once", order(0, 1, 0)),
    ("100 kB at once, 10 ms after it was asked", order(10, 1, 0)),
    ("100 kB in 20 pieces, 10 ms apart", order(0, 20, 10)),
    ("100 kB in 20 pieces, 10 ms apart, 10 ms after it was asked", order(10, 20, 10)),
];
const BYTES: usize = 100_000;

const fn order(delay: u64, pieces: usize, gap: u64) -> Order {
    Order { bytes: BYTES, delay, pieces, gap }
}

pub(super) fn measure(bench: &Bench) -> Told {
    let mut all = Gateway::new(bench)?;
    let tap = tap(&mut all)?;
    let known = [bench.path("known.txt")];
    fs::write(&known[0], format!("{NETWORK}\n"))?;
    let enforce = format!("nftables = false\nresets = \"always\"\nresets-by = \"{WAY}\"");
    let wish = Wish {
        interface: COPIES,
        mode: "block",
        known: &known,
        enforce: &enforce,
        ..Wish::default()
    };
    let connections = bench.count(CONNECTIONS);
    let mut rows =
        vec![("no sensor; 100 kB at once", fetched(bench, &all, ANSWERS[0].1, connections)?)];
    for (title, order) in ANSWERS {
        eprintln!("     {title}");
        let sensor = Sensor::start(bench, &tap, &wish)?;
        rows.push((title, fetched(bench, &all, *order, connections)?));
        sensor.end(bench, &tap)?;
    }
    Ok(told(&rows))
}

/// A host that gets a copy of each packet that passes the inside interface of the gateway.
fn tap(all: &mut Gateway) -> Result<Host, Box<dyn Error>> {
    let tap = all.lab.add("tap")?;
    quiet(&tap)?;
    all.lab.wire((&all.gateway, COPIES), (&tap, COPIES))?;
    all.lab.wire((&all.gateway, WAY), (&tap, WAY))?;
    all.gateway.address(WAY, "10.0.9.1/24")?;
    tap.address(WAY, "10.0.9.2/24")?;
    tap.default_via("10.0.9.1")?;
    // Resets come by a way that their senders' addresses do not.
    let script = "for i in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 > $i; done";
    all.gateway.run("sh", &["-c", script])?;
    all.gateway.run("tc", &["qdisc", "add", "dev", HEARD, "clsact"])?;
    for direction in ["ingress", "egress"] {
        let words = format!(
            "filter add dev {HEARD} {direction} protocol all u32 match u32 0 0 \
             action mirred egress mirror dev {COPIES}"
        );
        all.gateway.run("tc", &words.split_whitespace().collect::<Vec<_>>())?;
    }
    Ok(tap)
}

fn fetched(
    bench: &Bench,
    all: &Gateway,
    order: Order,
    connections: usize,
) -> Result<Vec<Fetched>, Box<dyn Error>> {
    let (first, count, order) = (FIRST.to_string(), connections.to_string(), order.line());
    let mut words = vec!["fetch", &*first, &*count];
    words.extend(order.split_whitespace());
    let said = bench.played(&all.inside, &words, 900)?;
    Ok(said.lines().filter_map(Fetched::read).collect())
}

fn told(rows: &[(&str, Vec<Fetched>)]) -> String {
    let mut out = "\
Connections to a known address, each to another one, at a tap that gets copies of the packets \
(`nftables = false`, `resets = \"always\"`): how many were ended before so many bytes came through.
The way between both ends takes less than 0.1 ms here; longer ways are not measured.

| the server sends | connections | before 1 byte | before 1,000 | before 100,000 | not in time |
|---|--:|--:|--:|--:|--:|
"
    .to_owned();
    for (title, all) in rows {
        let before = |bytes| all.iter().filter(|one| one.bytes < bytes).count();
        let late = all.iter().filter(|one| one.bytes >= BYTES).count();
        // Writing to a string does not fail.
        let _written = writeln!(
            out,
            "| {title} | {} | {} | {} | {} | {} |",
            all.len(),
            percent(before(1), all.len()),
            percent(before(1_000), all.len()),
            percent(before(BYTES), all.len()),
            percent(late, all.len())
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_win_is_counted_by_how_much_came_through() {
        let all = [0, 500, 50_000, 100_000]
            .map(|bytes| Fetched { bytes, reset: bytes < 100_000 })
            .to_vec();
        let text = told(&[("at once", all)]);
        assert!(text.contains("| at once | 4 | 25 % | 50 % | 75 % | 25 % |"), "{text}");
    }

    #[test]
    fn pieces_make_up_the_whole() {
        assert!(ANSWERS.iter().all(|(_, order)| order.bytes % order.pieces == 0));
    }
}
