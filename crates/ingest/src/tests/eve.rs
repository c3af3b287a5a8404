//! Suricata EVE lines.

use super::read;
use crate::RowKind;

/// A record around an object.
fn record(kind: &str, src: &str, dest: &str, object: &str) -> String {
    let (src_ip, src_port) = src.split_once(' ').unwrap();
    let (dest_ip, dest_port) = dest.split_once(' ').unwrap();
    format!(
        "{{\"timestamp\":\"2021-06-06T15:59:46.500000+0200\",\"flow_id\":1,\"event_type\":\"{kind}\",\
         \"src_ip\":\"{src_ip}\",\"src_port\":{src_port},\"dest_ip\":\"{dest_ip}\",\
         \"dest_port\":{dest_port},\"proto\":\"UDP\",{object}}}\n"
    )
}

const CLIENT: &str = "10.0.0.1 5000";
const SERVER: &str = "192.0.2.1 53";

#[test]
fn a_flow_opens_when_it_began() {
    let object = r#""app_proto":"failed","flow":{"pkts_toserver":2,"pkts_toclient":1,
        "bytes_toserver":184,"bytes_toclient":142,"start":"2021-06-06T13:00:00Z",
        "end":"2021-06-06T13:00:05.5Z","state":"established"},
        "tcp":{"tcp_flags_ts":"02","tcp_flags_tc":"14"}"#
        .replace('\n', "");
    let udp = record("flow", CLIENT, SERVER, &object);
    let tcp = record("flow", SERVER, CLIENT, &object).replace("UDP", "TCP");
    let read = read("x", (udp + &tcp).as_bytes());
    assert_eq!(read.rows[0].0, RowKind::EveFlow);
    assert_eq!(read.rows[0].1, 1_622_984_400);
    let [opened, closed, inward, refused] = <[String; 4]>::try_from(read.events).unwrap();
    assert!(opened.contains("FlowOpened { start: true }") && opened.contains("opened_by: Inside"));
    assert!(closed.contains("out: Volume { packets: 2, bytes: 100 }"), "{closed}");
    assert!(closed.contains("back: Volume { packets: 1, bytes: 100 }"), "{closed}");
    assert!(closed.contains("state: Established, service: Unknown"), "{closed}");
    assert!(closed.contains("last: Timestamp(1622984405500000000)"), "{closed}");
    assert!(inward.contains("opened_by: Outside"), "{inward}");
    assert!(refused.contains("state: Refused"), "{refused}");
}

#[test]
fn dns_in_three_shapes() {
    let query = r#""dns":{"type":"query","id":2,"rrname":"A.example","rrtype":"A","tx_id":0}"#;
    let v1 = r#""dns":{"type":"answer","id":2,"rcode":"NOERROR","rrname":"a.example","rrtype":"A","ttl":9,"rdata":"192.0.2.7"}"#;
    let v2 = r#""dns":{"version":2,"type":"answer","id":2,"rrname":"a.example","rrtype":"A","rcode":"NOERROR","answers":[{"rrname":"a.example","rrtype":"CNAME","ttl":5,"rdata":"B.example"},{"rrname":"b.example","rrtype":"A","ttl":6,"rdata":"192.0.2.7"},{"rrname":"b.example","rrtype":"TXT","ttl":7,"rdata":"hello"}],"grouped":{"A":["192.0.2.7"]}}"#;
    let grouped = r#""dns":{"version":2,"type":"answer","id":2,"rrname":"a.example","rrtype":"A","rcode":"NXDOMAIN","grouped":{"CNAME":["b.example"],"A":["192.0.2.7","192.0.2.8"]}}"#;
    let v3 = r#""dns":{"version":3,"type":"response","id":2,"queries":[{"rrname":"a.example","rrtype":"TYPE65399","opcode":0}],"rcode":"SERVFAIL","answers":[]}"#;
    let told = |object: &str, from: &str, to: &str| {
        let events = read("x", record("dns", from, to, object).as_bytes()).events;
        let [event] = <[String; 1]>::try_from(events).unwrap();
        assert!(event.contains("inside: 10.0.0.1"), "{event}");
        assert!(
            event.contains("outside_port: 53") && event.contains("opened_by: Inside"),
            "{event}"
        );
        event
    };
    let query = told(query, CLIENT, SERVER);
    assert!(
        query.contains("stage: Query, id: 2, name: \"a.example\"") && query.contains("rcode: None")
    );
    // An answer may be logged from server to client.
    for (from, to) in [(CLIENT, SERVER), (SERVER, CLIENT)] {
        let v1 = told(v1, from, to);
        assert!(
            v1.contains("stage: Reply") && v1.contains("Answer { ttl: 9, data: Addr(192.0.2.7) }")
        );
        let v2 = told(v2, from, to);
        assert!(
            v2.contains(
                "[Answer { ttl: 5, data: Cname(\"b.example\") }, Answer { ttl: 6, data: \
                 Addr(192.0.2.7) }, Answer { ttl: 7, data: Other(RecordType(16), 5) }]"
            ),
            "{v2}"
        );
        let grouped = told(grouped, from, to);
        assert!(grouped.contains("Cname(\"b.example\")") && grouped.contains("Addr(192.0.2.8)"));
        assert!(grouped.contains("rcode: Some(3)"), "{grouped}");
        let v3 = told(v3, from, to);
        assert!(v3.contains("RecordType(65399), rcode: Some(2), answers: []"), "{v3}");
    }
}

#[test]
fn tls_and_quic_hellos() {
    let tls = r#""tls":{"subject":"C=BE, CN=a.example","issuerdn":"O=x, CN=root","fingerprint":"2d:d1:9f:80:99:86:fc","sni":"A.example","version":"TLS 1.2","notbefore":"2021-06-01T13:59:46","notafter":"2021-08-30T13:59:46","client_alpns":["h2","http/1.1"],"ja4":"t13d1516h2_8daaf6152771_e5627efa2ab1"}"#;
    let log = record("tls", CLIENT, "192.0.2.1 443", tls).replace("UDP", "TCP");
    let [client, server] = <[String; 2]>::try_from(read("x", log.as_bytes()).events).unwrap();
    assert!(client.contains(
        "server_name: Some(\"a.example\"), alpn: Some(\"h2\"), version: TlsVersion(772)"
    ));
    assert!(client.contains("quic: false"), "{client}");
    assert!(
        server.contains(
            "subject: \"a.example\", issuer: \"root\", self_signed: false, valid_days: 90, \
             age_days: Some(5), has_san: None, fingerprint: 2dd19f809986"
        ),
        "{server}"
    );
    let quic =
        record("quic", CLIENT, "192.0.2.1 443", r#""quic":{"sni":"q.example","version":"1"}"#);
    let [hello] = <[String; 1]>::try_from(read("x", quic.as_bytes()).events).unwrap();
    assert!(hello.contains("Some(\"q.example\")") && hello.contains("quic: true"), "{hello}");
}

#[test]
fn http_requests_and_replies() {
    let http = r#""http":{"hostname":"a.example","http_port":8080,"url":"/x?\"y\"","http_user_agent":"one","http_content_type":"text/html; charset=x","http_method":"POST","status":302,"length":47}"#;
    let log = record("http", CLIENT, "192.0.2.1 8080", http).replace("UDP", "TCP");
    let [request, reply] = <[String; 2]>::try_from(read("x", log.as_bytes()).events).unwrap();
    assert!(request.contains("port: Some(8080), uri: \"/x?\\\"y\\\"\""), "{request}");
    assert!(reply.contains("status: 302, content_type: Some(\"text/html\")"), "{reply}");
    assert!(reply.contains("body_bytes: 47"), "{reply}");
}

#[test]
fn other_records_are_counted_as_skipped() {
    let log = record("alert", CLIENT, SERVER, "\"alert\":{}")
        + "{\"timestamp\":\"2021-06-06T15:59:46Z\",\"event_type\":\"stats\",\"stats\":{}}\n"
        + "{\"timestamp\":\"2021-06-06T15:59:46Z\",\"event_type\":\"flow\"}\n";
    let read = read("x", log.as_bytes());
    assert_eq!((read.counters.skipped, read.counters.malformed), (2, 1));
    assert_eq!(read.counters.first_malformed, Some(3));
    assert!(read.events.is_empty());
}
