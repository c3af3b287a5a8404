//! Logs of other tools through the whole path.

use super::*;

const FIELDS: &str = "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\t\
                      orig_bytes\tresp_bytes\tconn_state\tlocal_orig\tmissed_bytes\thistory\torig_pkts\tresp_pkts";

/// A connection log of a beacon every minute for six hours, and of people.
fn conn(label: &str) -> String {
    let mut out = format!(
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n#fields\t{FIELDS}\tlabel\n"
    );
    let mut n = 0;
    let mut row = |secs: f64, host: &str, peer: &str, port: u16| {
        n += 1;
        out.push_str(&format!(
            "{:.6}\tC{n}\t{host}\t{}\t{peer}\t{port}\ttcp\tssl\t1.5\t700\t1200\tSF\tT\t0\tShADadFf\t9\t8\t{label}\n",
            START as f64 + secs,
            20_000 + n % 40_000,
        ));
    };
    for minute in 0..360u32 {
        let jitter = f64::from(minute * 7919 % 13) - 6.0;
        row(f64::from(minute) * 60.0 + jitter, "10.0.0.9", "203.0.113.66", 4444);
        if minute % 7 == 0 {
            let peer = format!("198.51.100.{}", minute % 200);
            row(f64::from(minute * minute % 21_600), "10.0.0.8", &peer, 443);
        }
    }
    out
}

fn all(threads: usize) -> Settings {
    Settings { all: true, threads, ..Settings::default() }
}

#[test]
fn a_beacon_in_a_log_is_suspected() {
    let analysis = run(&[("conn.log", conn("-").as_bytes())], &all(1));
    let document = analysis.document;
    assert!(analysis.notes.is_empty(), "{:?}", analysis.notes);
    assert_eq!((document.totals.rows, document.totals.packets), (412, 0));
    assert_eq!(document.totals.flows, 412);
    let host = &document.hosts[0];
    assert_eq!(host.host, "10.0.0.9");
    assert!(
        host.evidence.iter().any(|e| e.detector == "beacon" && e.peer.contains("203.0.113.66"))
    );
}

#[test]
fn threads_and_packing_change_no_byte_of_a_log() {
    let text = conn("-");
    let one = json(&report(&[("conn.log", text.as_bytes())], &all(1)));
    for threads in [2, 5, 7, 8] {
        assert_eq!(json(&report(&[("conn.log", text.as_bytes())], &all(threads))), one);
    }
    assert_eq!(json(&report(&[("conn.log", &gzip(text.as_bytes()))], &all(2))), one);
}

#[test]
fn labels_never_reach_a_detector() {
    let of = |label| json(&report(&[("conn.log", conn(label).as_bytes())], &all(1)));
    assert_eq!(of("Benign"), of("Malicious   C&C-HeartBeat"));
}

#[test]
fn a_log_and_a_capture_are_one_observation() {
    let packets: Packets =
        vec![((START + 5) * 1_000_000, syn(([10, 0, 0, 77], 6000), ([203, 0, 113, 1], 80), 1))];
    let (log, capture) = (conn("-"), pcap(&packets));
    let files: [(&str, &[u8]); 2] = [("conn.log", log.as_bytes()), ("x.pcap", &capture)];
    let document = report(&files, &all(3));
    assert_eq!((document.totals.rows, document.totals.packets), (412, 1));
    let hosts: Vec<&str> = document.hosts.iter().map(|h| h.host.as_str()).collect();
    assert!(hosts.contains(&"10.0.0.77") && hosts.contains(&"10.0.0.9"), "{hosts:?}");
}

#[test]
fn bad_lines_are_counted_and_the_rest_is_used() {
    let text = format!("{}garbage\n\n1.0\tC\tnot-an-address\n", conn("-"));
    let document = report(&[("conn.log", text.as_bytes())], &all(1));
    assert_eq!(document.totals.flows, 412);
    assert_eq!(document.totals.anomalies.get("line_malformed"), Some(&2), "{:?}", document.totals);
}

#[test]
fn eve_flows_are_read() {
    let line = |n: u32, kind: &str, rest: &str| {
        format!(
            "{{\"timestamp\":\"2026-01-01T00:{:02}:00.000000+0000\",\"flow_id\":{n},\"event_type\":\"{kind}\",\
             \"src_ip\":\"10.0.0.9\",\"src_port\":{},\"dest_ip\":\"203.0.113.66\",\"dest_port\":443,\"proto\":\"TCP\",{rest}}}\n",
            n % 60,
            20_000 + n
        )
    };
    let mut text = String::new();
    for n in 0..20 {
        text.push_str(&line(n, "flow", "\"flow\":{\"pkts_toserver\":5,\"pkts_toclient\":5,\"bytes_toserver\":500,\
            \"bytes_toclient\":900,\"start\":\"2026-01-01T00:00:00.000000+0000\",\"end\":\"2026-01-01T00:00:01.000000+0000\",\"state\":\"closed\"}"));
        text.push_str(&line(n, "tls", "\"tls\":{\"sni\":\"a.example\",\"version\":\"TLS 1.3\"}"));
    }
    let document = report(&[("eve.json", text.as_bytes())], &all(2));
    assert_eq!((document.totals.rows, document.totals.flows, document.totals.hosts), (40, 20, 1));
}
