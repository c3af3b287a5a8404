//! Zeek logs of every kind, TSV and JSON.

use ostium_event::{FlowState, OpenedBy, Service, What};

use super::{CONN, IN, OUT, drain, open, read, read_with, tsv};
use crate::{Admit, CertIndex, LogKind, Rejoin, RowBlock, RowKind};

#[test]
fn a_connection_opens_and_closes() {
    let file = open("x", tsv("conn", CONN, &[OUT, IN]).as_bytes()).unwrap();
    assert_eq!(file.kind(), LogKind::ZeekConn);
    let read = drain(file, &mut CertIndex::default(), |event| match event.what {
        What::FlowOpened { start } => format!("{} {:?} {start}", event.at.nanos(), event.opened_by),
        What::FlowClosed(flow) => {
            assert_eq!(event.at, flow.last);
            format!(
                "{:?} {:?} {}/{} {}/{} {} ms to {}",
                flow.state,
                flow.service,
                flow.out.packets,
                flow.out.bytes,
                flow.back.packets,
                flow.back.bytes,
                flow.duration().nanos() / 1_000_000,
                event.flow.outside,
            )
        }
        _ => "other".to_owned(),
    });
    assert_eq!(
        read.events,
        [
            format!("1600000000500000000 {:?} true", OpenedBy::Inside),
            format!(
                "{:?} {:?} 5/100 6/2000 2250 ms to 192.0.2.1",
                FlowState::Established,
                Service::Tls
            ),
            format!("1600000001000000000 {:?} true", OpenedBy::Outside),
            format!(
                "{:?} {:?} 0/0 1/20 0 ms to 192.0.2.9",
                FlowState::Unanswered,
                Service::Unknown
            ),
        ]
    );
    assert_eq!(read.counters.rows, 2);
}

#[test]
fn json_says_the_same_as_tsv() {
    let names: Vec<_> = CONN.split_whitespace().collect();
    let mut lines = String::new();
    for row in [OUT, IN] {
        let fields = names.iter().zip(row.split_whitespace());
        let members: Vec<_> = fields
            .filter(|(_, value)| *value != "-")
            .map(|(name, value)| match value.parse::<f64>() {
                Ok(_) => format!("\"{name}\":{value}"),
                Err(_) => format!("\"{name}\":\"{value}\""),
            })
            .collect();
        lines += &format!("{{{}}}\n", members.join(","));
    }
    let want = read("x", tsv("conn", CONN, &[OUT, IN]).as_bytes()).events;
    assert_eq!(read("x", lines.as_bytes()).events, want);
    let underscored = lines.replace("id.", "id_");
    assert_eq!(read("conn.log", underscored.as_bytes()).events, want);
    let iso = lines.replace("1600000000.500000", "\"2020-09-13T12:26:40.5Z\"");
    assert_ne!(iso, lines);
    assert_eq!(read("x", iso.as_bytes()).events, want);
}

#[test]
fn labels_are_never_read() {
    let plain = read("x", tsv("conn", CONN, &[OUT, IN]).as_bytes()).events;
    for label in ["Malicious", "Benign", "-"] {
        let rows = [OUT, IN].map(|row| format!("{row} {label} C2"));
        let rows = rows.each_ref().map(String::as_str);
        let fields = format!("{CONN} label detailed-label");
        let log = tsv("conn", &fields, &rows);
        assert_eq!(read("conn.log.labeled", log.as_bytes()).events, plain, "{label}");
    }
}

#[test]
fn labels_glued_to_the_last_column_are_cut_off() {
    let fields = CONN.replace(" service", "") + " service";
    let row = OUT.replace(" ssl", "") + " ssl";
    let plain = tsv("conn", &fields, &[&row]);
    let glued = plain
        .replace("\tservice\n", "\tservice   label   detailed-label\n")
        .replace("\tssl\n", "\tssl   Malicious   C2\n");
    assert_ne!(glued.len(), plain.len());
    let events = read("x", plain.as_bytes()).events;
    assert!(events[1].contains("service: Tls"), "{events:?}");
    assert_eq!(read("x", glued.as_bytes()).events, events);
    let unset = glued.replace("\tssl ", "\t- ");
    assert!(read("x", unset.as_bytes()).events[1].contains("service: Unknown"));
}

const DNS: &str = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto trans_id rtt query qclass \
    qtype qtype_name rcode rcode_name answers TTLs rejected";

#[test]
fn dns_rows_are_questions_with_answers() {
    let rows = [
        "1.0 CA 10.0.0.1 5000 10.0.0.53 53 udp 7 0.1 WWW.Example.COM 1 1 A 0 NOERROR \
         Cdn.example,192.0.2.7 299.000000,20.000000 F",
        "2.0 CB 10.0.0.1 5000 10.0.0.53 53 udp 8 - gone.example 1 28 AAAA - - - - F",
        "3.0 CC 10.0.0.1 5000 10.0.0.53 53 udp 9 - no.example 1 16 TXT 3 NXDOMAIN - - F",
        "4.0 CD 10.0.0.1 5000 10.0.0.53 53 udp 9 - - 1 16 TXT 0 NOERROR - - F",
    ];
    let file = open("x", tsv("dns", DNS, &rows).as_bytes()).unwrap();
    let read = drain(file, &mut CertIndex::default(), |event| match event.what {
        What::Dns(dns) => format!(
            "{:?} {} {} {} {:?} {:?}",
            dns.stage, dns.id, dns.name, dns.record_type.0, dns.rcode, dns.answers
        ),
        _ => "other".to_owned(),
    });
    assert_eq!(
        read.events,
        [
            "Both 7 www.example.com 1 Some(0) [Answer { ttl: 299, data: Cname(\"cdn.example\") }, \
             Answer { ttl: 20, data: Addr(192.0.2.7) }]",
            "Query 8 gone.example 28 None []",
            "Both 9 no.example 16 Some(3) []",
        ]
    );
}

#[test]
fn a_certificate_finds_its_handshake() {
    let x509 = "ts fingerprint certificate.subject certificate.issuer certificate.not_valid_before \
        certificate.not_valid_after san.dns";
    let print = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let cert =
        format!("1000000000.5 {print} CN=a.example,O=b CN=root 999568000.0 1007344000.0 a.example");
    let ssl = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p version cipher server_name \
        next_protocol established cert_chain_fps ja4 validation_status";
    let hello = format!(
        "1000000000.0 CA 10.0.0.1 5000 192.0.2.1 443 TLSv12 TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 \
         A.example h2 T {print},ff t13d1516h2_8daaf6152771_e5627efa2ab1 ok"
    );
    let mut certs = CertIndex::default();
    let learnt = read_with("x509.log", tsv("x509", x509, &[&cert]).as_bytes(), &mut certs);
    assert_eq!(learnt.rows, [(RowKind::X509, 999_999_940, 8)], "a minute early");
    assert_eq!((learnt.events.len(), learnt.bad_rows.len()), (0, 0));
    let log = tsv("ssl", ssl, &[&hello]);
    let [client, server] =
        <[String; 2]>::try_from(read_with("x", log.as_bytes(), &mut certs).events).unwrap();
    for part in ["Some(\"a.example\")", "alpn: Some(\"h2\")", "TlsVersion(772)", "t13d1516h2_"] {
        assert!(client.contains(part), "{part} in {client}");
    }
    for part in [
        "TlsVersion(771)",
        "cipher: 49199",
        "subject: \"a.example\", issuer: \"root\", self_signed: false, valid_days: 90, age_days: Some(5)",
        "has_san: Some(true), fingerprint: 001122334455",
    ] {
        assert!(server.contains(part), "{part} in {server}");
    }
    let without = &read("x", log.as_bytes()).events[1];
    assert!(without.contains("certificate: None"), "{without}");
}

#[test]
fn a_row_may_carry_its_certificate() {
    let ssl = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p version server_name established \
        subject issuer validation_status";
    let of = |subject: &str, issuer: &str, status: &str| {
        let log = tsv(
            "ssl",
            ssl,
            &["1.0 CA 10.0.0.1 5000 192.0.2.1 443 TLSv12 - T SUBJECT ISSUER STATUS"],
        );
        let log =
            log.replace("SUBJECT", subject).replace("ISSUER", issuer).replace("STATUS", status);
        read("x", log.as_bytes()).events[1].clone()
    };
    assert!(of("CN=a,O=x", "CN=a,O=x", "ok").contains("self_signed: true"));
    assert!(of("CN=a", "CN=b", "self signed certificate").contains("self_signed: true"));
    let chain = of("CN=a", "CN=b", "self signed certificate in certificate chain");
    assert!(chain.contains("subject: \"a\", issuer: \"b\", self_signed: false"), "{chain}");
    assert!(of("-", "-", "-").contains("certificate: None"));
}

const HTTP: &str = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p trans_depth method host uri \
    referrer user_agent request_body_len response_body_len status_code proxied resp_mime_types";

#[test]
fn http_rows_are_requests_with_replies() {
    let rows = [
        "1.0 CA 10.0.0.1 5000 192.0.2.1 8080 1 GET a.example /x\\x2cy - agent\\x20one 3 500 200 - \
         application/x-dosexec",
        "2.0 CA 10.0.0.1 5000 10.0.0.9 3128 2 CONNECT a.example a.example:443 http://r - 0 0 - \
         PROXY-CONNECTION\\x20->\\x20Keep-Alive -",
        "3.0 CA 10.0.0.1 5000 10.0.0.9 80 3 - - - - - 0 9 404 - -",
    ];
    let log = tsv("http", HTTP, &rows);
    let events = read("x", log.as_bytes()).events;
    let [get, reply, connect, lone] = <[String; 4]>::try_from(events).unwrap();
    for part in [
        "method: \"GET\", host: Some(\"a.example\"), port: Some(8080), uri: \"/x,y\"",
        "user_agent: Some(\"agent one\")",
        "body_bytes: 3, via_proxy: false",
    ] {
        assert!(get.contains(part), "{part} in {get}");
    }
    assert!(reply.contains("status: 200") && reply.contains("body: WindowsProgram"), "{reply}");
    assert!(
        connect.contains("port: Some(443)") && connect.contains("via_proxy: true"),
        "{connect}"
    );
    assert!(connect.contains("has_referer: true"), "{connect}");
    assert!(lone.contains("status: 404") && lone.contains("body: Unseen"), "{lone}");
}

#[test]
fn only_the_last_word_of_an_open_log_counts() {
    let grown = OUT.replace(" 2.250000 100 ", " 9.250000 300 ");
    assert_ne!(grown, OUT);
    let log = tsv("conn", CONN, &[OUT, IN, &grown]);
    let mut file = open("open_conn.log", log.as_bytes()).unwrap();
    assert!(file.is_open_log());
    let mut block = RowBlock::default();
    assert!(file.next_rows(&mut block).unwrap());
    let told: Vec<_> = block.rows.iter().map(|row| (row.line, row.open)).collect();
    assert_eq!(told, [(10, true), (9, true)]);
    assert_eq!(file.counters().replaced, 1);
    let mut rejoin = Rejoin::default();
    assert_eq!(rejoin.admit(&block.rows[0]), Admit::New);
    let mut last = open("conn.log", tsv("conn", CONN, &[OUT]).as_bytes()).unwrap();
    last.identify();
    assert!(last.next_rows(&mut block).unwrap());
    assert_eq!(rejoin.admit(&block.rows[0]), Admit::Again);
}

#[test]
fn rows_come_in_the_order_of_time() {
    let rows: Vec<String> = (0..500u64)
        .map(|n| OUT.replace("1600000000", &(1_600_000_000 + (n * 7919) % 500).to_string()))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let read = read("x", tsv("conn", CONN, &rows).as_bytes());
    assert_eq!(read.rows.len(), 500);
    assert!(read.rows.is_sorted_by_key(|row| row.1));
}

#[test]
fn lines_may_name_their_kind() {
    let lines = r#"{"_path":"conn","ts":1.5,"uid":"C","id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"192.0.2.1","id.resp_p":2,"proto":"udp"}
{"_path":"weird","ts":1.5}
{"_path":"dns","ts":2.5,"id":{"orig_h":"10.0.0.1","orig_p":1,"resp_h":"10.0.0.53","resp_p":53},"query":"a.example","qtype":1}
"#;
    let read = read("all.json", lines.as_bytes());
    let kinds: Vec<_> = read.rows.iter().map(|row| row.0).collect();
    assert_eq!(kinds, [RowKind::Conn, RowKind::Dns]);
    assert_eq!(read.counters.skipped, 1);
    assert_eq!(read.events.len(), 3);
}
