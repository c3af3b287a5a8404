//! Small feeds of every format, and hostile ones.

use super::*;
use proptest::prelude::*;

fn read_text(text: &str) -> (Vec<String>, ReadSummary) {
    let (indicators, summary) = read_indicators("feed", text.as_bytes());
    let shown = indicators
        .iter()
        .map(|i| format!("{} {} {}", i.value, i.confidence, i.family.as_deref().unwrap_or("-")))
        .collect();
    (shown, summary)
}

#[test]
fn plain_lists() {
    let (shown, summary) = read_text(
        "\u{feff}# a list\r\n\r\nEvil.example\r\n; more\n// and more\n198[.]51[.]100[.]7 # why\n\
         203.0.113.5\t9\nb.example,worm,2024\nhxxp://evil[.]example/a#b\n\"quoted.example\",x\nnonsense\n/path\nlast.example",
    );
    assert_eq!(
        shown,
        [
            "evil.example 70 -",
            "198.51.100.7 70 -",
            "203.0.113.5 70 -",
            "b.example 70 -",
            "evil.example/a 70 -",
            "quoted.example 70 -",
            "last.example 70 -",
        ]
    );
    assert_eq!(summary.format, Format::Plain);
    assert_eq!((summary.read, summary.skipped), (7, 2));
    assert_eq!(summary.first_bad_line, Some((11, "nonsense".to_owned())));
}

#[test]
fn hosts_files() {
    let (shown, summary) =
        read_text("127.0.0.1 localhost\n0.0.0.0 evil.example b.example # x\n:: c.example\n");
    assert_eq!(shown, ["evil.example 70 -", "b.example 70 -", "c.example 70 -"]);
    assert_eq!(summary.skipped, 1);
}

#[test]
fn abuse_ch_tables() {
    let (shown, summary) = read_text(
        "# \"first_seen_utc\",\"ioc_id\",\"ioc_value\",\"ioc_type\",\"malware_alias\",\"malware_printable\",\"confidence_level\"\n\
         \"2024-01-01 00:00:00\", \"1\", \"198.51.100.7:443\", \"ip:port\", \"A,B\", \"Some Bot\", \"100\"\n\
         \"2024-01-01 00:00:00\", \"2\", \"evil.example\", \"domain\", \"None\", \"Unknown malware\", \"50\"\n\
         \"2024-01-01 00:00:00\", \"3\", \"d41d8cd98f00b204e9800998ecf8427e\", \"md5_hash\", \"\", \"Some Bot\", \"75\"\n\
         # Number of entries: 3\n",
    );
    assert_eq!(shown, ["198.51.100.7:443 100 Some Bot", "evil.example 50 -"]);
    assert_eq!(summary.format, Format::Table);
    assert_eq!(summary.reasons.get(&Skip::OtherKind), Some(&1));

    let (shown, _) = read_text(
        "\"first_seen_utc\",\"dst_ip\",\"dst_port\",\"c2_status\",\"last_online\",\"malware\"\n\
         \"2021-01-17\",\"198.51.100.9\",\"8080\",\"online\",\"2024-01-01\",\"Worm\"\n",
    );
    assert_eq!(shown, ["198.51.100.9:8080 80 Worm"]);

    let (shown, _) = read_text(
        "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n\
         \"7\",\"2024-01-01\",\"http://198.51.100.9/bin.sh\",\"online\",\"x\",\"y\",\"z\",\"https://urlhaus.example/url/7/\",\"me\"\n",
    );
    assert_eq!(shown, ["198.51.100.9/bin.sh 70 -"]);

    let (shown, _) = read_text("# Firstseen,DstIP,DstPort\n2024-01-01 00:00:00,198.51.100.9,443\n");
    assert_eq!(shown, ["198.51.100.9:443 80 -"]);

    let (shown, _) =
        read_text("c2_ip\tfirst_seen\tport\tdomains\n198.51.100.9\t2020\t8443\tx.example,/ca\n");
    assert_eq!(shown, ["198.51.100.9:8443 80 -"]);
}

#[test]
fn stix_bundles() {
    let (shown, summary) = read_text(
        r#"{"type":"bundle","objects":[
        {"type":"malware","id":"malware--1","name":"Worm"},
        {"type":"indicator","id":"indicator--1","pattern_type":"stix","confidence":85,"valid_until":"2024-03-01T00:00:00Z",
         "pattern":"[domain-name:value = 'evil.example' OR ipv4-addr:value = '198.51.100.7']"},
        {"type":"relationship","relationship_type":"indicates","source_ref":"indicator--1","target_ref":"malware--1"},
        {"type":"indicator","id":"indicator--2","pattern":"[url:value = 'http://b.example/x']","revoked":true},
        {"type":"indicator","id":"indicator--3","pattern":"[file:name = 'x']"},
        {"type":"indicator","id":"indicator--4","pattern":"alert tcp","pattern_type":"snort"},
        {"type":"indicator","id":"indicator--5"}]}"#,
    );
    assert_eq!(shown, ["evil.example 85 Worm", "198.51.100.7 85 Worm"]);
    assert_eq!(summary.format, Format::Stix);
    assert_eq!(summary.skipped, 4);
    assert_eq!(summary.first_bad_line.map(|(at, _)| at), Some(7));
    let (indicators, _) = read_indicators(
        "feed",
        br#"{"type":"indicator","spec_version":"2.1","pattern":"[domain-name:value='a.example']","valid_until":"2024-03-01T00:00:00Z"}"#.as_slice(),
    );
    let expires = indicators.first().and_then(|i| i.expires).map(ostium_event::Timestamp::secs);
    assert_eq!(expires, Some(1_709_251_200));
}

#[test]
fn misp_events() {
    let (shown, summary) = read_text(
        r#"{"response":[{"Event":{"Tag":[{"name":"tlp:white"},{"name":"misp-galaxy:malpedia=\"Worm\""}],
        "Attribute":[{"type":"domain","value":"evil.example","to_ids":true},
                     {"type":"ip-dst|port","value":"198.51.100.7|443","to_ids":true,"Tag":[{"name":"misp-galaxy:rat=\"Rat\""}]},
                     {"type":"domain|ip","value":"b.example|198.51.100.8","to_ids":true},
                     {"type":"url","value":"http://c.example/x","to_ids":false},
                     {"type":"md5","value":"d41d8cd98f00b204e9800998ecf8427e"},
                     {"type":"domain","value":"nonsense"}],
        "Object":[{"Attribute":[{"type":"hostname","value":"d.example","deleted":true},
                                {"type":"ip-dst","value":"2001:db8::9"}]}]}}]}"#,
    );
    assert_eq!(
        shown,
        [
            "evil.example 75 Worm",
            "198.51.100.7:443 75 Rat",
            "b.example 75 Worm",
            "198.51.100.8 25 Worm",
            "c.example/x 25 Worm",
            "2001:db8::9 75 Worm",
        ]
    );
    assert_eq!((summary.format, summary.skipped), (Format::Misp, 3));
    assert_eq!(read_text(r#"["evil.example", "nonsense"]"#).0, ["evil.example 70 -"]);
}

#[test]
fn bad_documents_stop_with_a_reason() {
    for text in ["{", "{\"a\":", &"[{\"a\":".repeat(10_000)] {
        let (shown, summary) = read_text(text);
        assert!(shown.is_empty() && summary.stopped.is_some(), "{text:.20}");
    }
    let (_, summary) = read_text("{}");
    assert_eq!(summary.skipped, 1);
}

#[test]
fn a_bracketed_address_is_no_document() {
    assert_eq!(read_text("[2001:db8::7]:443\n").0, ["[2001:db8::7]:443 70 -"]);
}

#[test]
fn endless_lines_are_skipped() {
    let text = format!("{}\nevil.example\n", "a".repeat(1 << 20));
    let (shown, summary) = read_text(&text);
    assert_eq!(shown, ["evil.example 70 -"]);
    assert_eq!(summary.reasons.get(&Skip::TooLong), Some(&1));
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (indicators, summary) = read_indicators("feed", bytes.as_slice());
        prop_assert_eq!(indicators.len() as u64, summary.read);
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,200}", lines in prop::collection::vec("[ -~]{0,60}", 0..6)) {
        let _ = read_indicators("feed", text.as_bytes());
        let _ = read_indicators("feed", lines.join("\n").as_bytes());
    }

    #[test]
    fn a_plain_list_round_trips(names in prop::collection::vec("[a-z]{2,9}\\.(example|com|ru)", 0..20)) {
        let (indicators, summary) = read_indicators("feed", names.join("\n").as_bytes());
        let shown: Vec<String> = indicators.iter().map(|i| i.value.to_string()).collect();
        prop_assert_eq!(shown, names);
        prop_assert_eq!(summary.skipped, 0);
    }
}
