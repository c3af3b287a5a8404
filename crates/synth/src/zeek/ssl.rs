//! ssl.log, with the JA4 that Zeek's package of that name adds, and x509.log.

use std::collections::BTreeMap;
use std::rc::Rc;

use ostium_event::{Timestamp, TlsVersion};

use super::Key;
use super::table::Row;
use crate::record::{Answered, Hello};
use crate::shared::Certificate;

pub(super) const FIELDS: &[(&str, &str)] = &[
    ("ts", "time"),
    ("uid", "string"),
    ("id.orig_h", "addr"),
    ("id.orig_p", "port"),
    ("id.resp_h", "addr"),
    ("id.resp_p", "port"),
    ("version", "string"),
    ("cipher", "string"),
    ("curve", "string"),
    ("server_name", "string"),
    ("resumed", "bool"),
    ("last_alert", "string"),
    ("next_protocol", "string"),
    ("established", "bool"),
    ("ssl_history", "string"),
    ("cert_chain_fps", "vector[string]"),
    ("client_cert_chain_fps", "vector[string]"),
    ("sni_matches_cert", "bool"),
    ("ja4", "string"),
];

pub(super) const CERTIFICATE_FIELDS: &[(&str, &str)] = &[
    ("ts", "time"),
    ("fingerprint", "string"),
    ("certificate.version", "count"),
    ("certificate.serial", "string"),
    ("certificate.subject", "string"),
    ("certificate.issuer", "string"),
    ("certificate.not_valid_before", "time"),
    ("certificate.not_valid_after", "time"),
    ("certificate.key_alg", "string"),
    ("certificate.sig_alg", "string"),
    ("certificate.key_type", "string"),
    ("certificate.key_length", "count"),
    ("certificate.exponent", "string"),
    ("certificate.curve", "string"),
    ("san.dns", "vector[string]"),
    ("san.uri", "vector[string]"),
    ("san.email", "vector[string]"),
    ("san.ip", "vector[addr]"),
    ("basic_constraints.ca", "bool"),
    ("basic_constraints.path_len", "count"),
    ("host_cert", "bool"),
    ("client_cert", "bool"),
];

/// A client's hello that waits for its answer.
pub(super) struct Asked {
    at: Timestamp,
    server_name: Option<Rc<str>>,
    ja4: Option<String>,
}

/// Certificates that were logged, and when: Zeek repeats one after a day.
#[derive(Default)]
pub(super) struct Certificates(BTreeMap<[u8; 32], Timestamp>);

const DAY: u64 = 86_400;
/// Certificates remembered at once.
const REMEMBERED: usize = 1 << 16;

// === impl Asked ===

impl Asked {
    pub(super) fn new(hello: &Hello, at: Timestamp) -> Self {
        let ja4 = hello.ja4.map(|ja4| ja4.as_str().to_owned());
        Self { at, server_name: hello.server_name.clone(), ja4 }
    }
}

// === impl Certificates ===

impl Certificates {
    /// Those of a handshake that are to be logged now.
    pub(super) fn fresh<'a>(
        &mut self,
        answered: &'a Answered,
        at: Timestamp,
    ) -> Vec<(&'a Certificate, bool)> {
        if self.0.len() > REMEMBERED {
            self.0.clear();
        }
        let chain = answered.chain.iter().enumerate();
        let fresh = chain.filter(|(_, certificate)| {
            let before = self.0.get(&certificate.hash);
            let due = before.is_none_or(|before| at.since(*before).secs() >= DAY);
            if due {
                self.0.insert(certificate.hash, at);
            }
            due
        });
        fresh.map(|(n, certificate)| (&**certificate, n == 0)).collect()
    }
}

pub(super) fn answered(asked: &Asked, answered: Option<&Answered>, key: &Key<'_>) -> Row {
    let mut row = key.row(asked.at);
    let chain = answered.map_or(&[][..], |answered| &answered.chain);
    let version = answered.map(|answered| version(answered.version));
    row.maybe(version);
    row.maybe(answered.map(|answered| cipher(answered.cipher)).as_deref());
    row.maybe(answered.map(|_| "x25519"));
    row.maybe(asked.server_name.as_deref());
    row.flag(false);
    row.unset();
    row.unset();
    row.flag(answered.is_some());
    row.text(match (answered.is_some(), chain.is_empty()) {
        (false, _) => "C",
        (true, true) => "CsiI",
        (true, false) => "CsxknGIti",
    });
    row.list(&chain.iter().map(|certificate| hex(&certificate.hash)).collect::<Vec<_>>());
    row.unset();
    let leaf = chain.first();
    match leaf.zip(asked.server_name.as_deref()) {
        Some((leaf, name)) => row.flag(leaf.names.iter().any(|known| **known == *name)),
        None => row.unset(),
    }
    row.maybe(asked.ja4.as_deref());
    row
}

pub(super) fn certificate((certificate, leaf): (&Certificate, bool), at: Timestamp) -> Row {
    let mut row = Row::default();
    row.time(at);
    row.text(&hex(&certificate.hash));
    row.show(3);
    row.text(&hex(serial(&certificate.der)).to_ascii_uppercase());
    row.text(&format!("CN={}", certificate.subject));
    row.text(&format!("CN={}", certificate.issuer));
    row.time(certificate.from);
    row.time(Timestamp::from_secs(certificate.from.secs() + certificate.days * DAY));
    row.text("id-ecPublicKey");
    row.text("sha256WithRSAEncryption");
    row.text("ecdsa");
    row.show(256);
    row.unset();
    row.text("prime256v1");
    let names: Vec<String> = certificate.names.iter().map(ToString::to_string).collect();
    row.list(&names);
    (0..5).for_each(|_| row.unset());
    row.flag(leaf);
    row.flag(false);
    row
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The serial number stands after the version.
fn serial(der: &[u8]) -> &[u8] {
    const BEFORE: &[u8] = &[0xa0, 3, 2, 1, 2, 2, 16];
    let at = der.windows(BEFORE.len()).position(|window| window == BEFORE);
    let start = at.map_or(0, |at| at + BEFORE.len());
    der.get(start..start + 16).unwrap_or_default()
}

const fn version(version: TlsVersion) -> &'static str {
    match version.0 {
        0x0304 => "TLSv13",
        0x0303 => "TLSv12",
        0x0302 => "TLSv11",
        0x0301 => "TLSv10",
        _ => "unknown",
    }
}

/// The suites that servers of made-up worlds choose.
fn cipher(number: u16) -> String {
    match number {
        0x1301 => "TLS_AES_128_GCM_SHA256",
        0x1302 => "TLS_AES_256_GCM_SHA384",
        0x1303 => "TLS_CHACHA20_POLY1305_SHA256",
        0xc009 => "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        0xc00a => "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
        0xc013 => "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        0xc014 => "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        0xc02b => "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        0xc02c => "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        0xc02f => "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        0xc030 => "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        other => return format!("unknown-{other}"),
    }
    .to_owned()
}
