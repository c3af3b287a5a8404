//! Tables: columns found by their headings, in the words of abuse.ch (ThreatFox, Feodo Tracker,
//! URLhaus, SSLBL) and of others who publish CSV or tab-separated lists.

use super::{PLAIN_CONFIDENCE, Reading, Skip};
use crate::{IndicatorValue, date, value};

/// Headings of a column that holds whole values, the best first.
const VALUES: &[&str] = &[
    "ioc_value",
    "ioc",
    "indicator",
    "url",
    "value",
    "domain",
    "hostname",
    "fqdn",
    "host",
    "domains",
];
/// Headings of a column of addresses, which may go with a port.
const ADDRESSES: &[&str] =
    &["dst_ip", "dstip", "c2_ip", "ip", "ip_address", "ip address", "ipaddress", "dst ip"];
const PORTS: &[&str] = &["dst_port", "dstport", "port", "dst port", "c2_port"];
const FAMILIES: &[&str] =
    &["malware_printable", "malware", "malware_family", "family", "signature", "fk_malware"];
const CONFIDENCES: &[&str] = &["confidence_level", "confidence"];
const KINDS: &[&str] = &["ioc_type", "type", "indicator_type"];
const EXPIRIES: &[&str] = &["valid_until", "expires", "expiration", "expiry"];

/// A tracker that lists an address with its port has talked to it.
const TRACKER_CONFIDENCE: u8 = 80;
/// No feed has more columns.
const MOST_COLUMNS: usize = 64;

/// Which column holds what.
pub(super) struct Columns {
    separator: char,
    value: Option<usize>,
    addr: Option<usize>,
    port: Option<usize>,
    family: Option<usize>,
    confidence: Option<usize>,
    kind: Option<usize>,
    expires: Option<usize>,
}

// === impl Columns ===

impl Columns {
    /// From a line of headings, in a comment or not; `None` when it is none.
    pub(super) fn of_heading(text: &str) -> Option<Self> {
        let text = text.trim_start_matches(['#', ';', '/', '!', ' ']);
        let separator = ['\t', ',', ';', '|'].into_iter().find(|&s| text.contains(s))?;
        let headings: Vec<String> =
            fields(text, separator).map(|field| field.to_ascii_lowercase()).collect();
        // A value is no heading: `evil.example, malware` is a row.
        if headings.iter().any(|heading| value::parse(heading).is_some()) {
            return None;
        }
        let place = |names: &[&str]| {
            names.iter().find_map(|name| headings.iter().position(|heading| heading == name))
        };
        let columns = Self {
            separator,
            value: place(VALUES),
            addr: place(ADDRESSES),
            port: place(PORTS),
            family: place(FAMILIES),
            confidence: place(CONFIDENCES),
            kind: place(KINDS),
            expires: place(EXPIRIES),
        };
        (columns.value.is_some() || columns.addr.is_some()).then_some(columns)
    }

    /// Reads one row: a value, or an address with its port.
    pub(super) fn row(&self, text: &str, number: u64, reading: &mut Reading) {
        let cells: Vec<&str> = fields(text, self.separator).take(MOST_COLUMNS).collect();
        let cell = |place: Option<usize>| {
            let cell = place.and_then(|at| cells.get(at)).copied().unwrap_or("");
            (!cell.is_empty() && cell != "None").then_some(cell)
        };
        if cell(self.kind).is_some_and(is_other_kind) {
            return reading.skip(Skip::OtherKind);
        }
        let found = self.address(&cell).or_else(|| value::parse(cell(self.value)?));
        let Some(found) = found else {
            return reading.bad(number, text);
        };
        let usual = match found {
            IndicatorValue::Socket(..) => TRACKER_CONFIDENCE,
            _ => PLAIN_CONFIDENCE,
        };
        let confidence = cell(self.confidence).and_then(|text| text.parse().ok());
        let family = cell(self.family).filter(|f| !f.eq_ignore_ascii_case("unknown malware"));
        let expires = cell(self.expires).and_then(date::parse);
        if let Some(added) = reading.add(found, confidence.unwrap_or(usual)) {
            added.family = family.map(str::to_owned);
            added.expires = expires;
        }
    }

    fn address<'a>(
        &self,
        cell: &impl Fn(Option<usize>) -> Option<&'a str>,
    ) -> Option<IndicatorValue> {
        let found = value::parse(cell(self.addr)?)?;
        let port = cell(self.port).and_then(|text| text.parse::<u16>().ok());
        match (found, port) {
            (IndicatorValue::Addr(addr), Some(port)) if port != 0 => {
                Some(IndicatorValue::Socket(addr, port))
            }
            (found, _) => Some(found),
        }
    }
}

/// Hashes and mail addresses are nothing that traffic shows.
fn is_other_kind(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    ["hash", "md5", "sha", "email", "envelope", "body", "subject", "file", "yara", "cve"]
        .iter()
        .any(|other| kind.contains(other))
}

/// The cells of a row; quotes around a cell may hold the separator.
fn fields(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?.trim_start_matches(' ');
        let (cell, after) = match text.strip_prefix('"') {
            Some(quoted) => {
                let (cell, after) = quoted.split_once('"').unwrap_or((quoted, ""));
                (cell, after.split_once(separator).map(|(_, after)| after))
            }
            None => match text.split_once(separator) {
                Some((cell, after)) => (cell, Some(after)),
                None => (text, None),
            },
        };
        rest = after;
        Some(cell.trim())
    })
}
