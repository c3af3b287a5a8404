//! The report, schema `ostium.report/1`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// `ostium.report/1`.
    pub schema: String,
    /// What was read, as it was named.
    pub inputs: Vec<String>,
    /// First and last event; absent when there was none.
    pub span: Option<SpanRow>,
    /// Version of Ostium.
    pub version: String,
    /// SHA-256 of the settings that shape the verdicts.
    pub config_sha256: String,
    /// Home networks.
    pub home: Vec<String>,
    /// Name of the site.
    pub site: String,
    /// What the input could not show.
    pub blind: Vec<String>,
    /// Numbers.
    pub totals: Totals,
    /// Hosts by probability, then address; clean ones are left out unless asked for.
    pub hosts: Vec<HostRow>,
    /// What infected hosts talked to.
    pub indicators: Vec<IndicatorRow>,
}

/// Times in RFC 3339.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpanRow {
    /// First event.
    pub first: String,
    /// Last event.
    pub last: String,
}

/// Numbers of a run. What came in is what was handled plus what was dropped.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Packets read.
    pub packets: u64,
    /// Bytes on the wire of those packets.
    pub bytes: u64,
    /// Log rows read.
    pub rows: u64,
    /// Flows that ended.
    pub flows: u64,
    /// Events that detectors could hear.
    pub events: u64,
    /// Inside hosts.
    pub hosts: u64,
    /// Infected hosts.
    pub infected: u64,
    /// Suspect hosts.
    pub suspect: u64,
    /// Malformed or surprising input, by name.
    pub anomalies: BTreeMap<String, u64>,
    /// What was let go, by reason.
    pub dropped: BTreeMap<String, u64>,
}

/// One host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostRow {
    /// Its address.
    pub host: String,
    /// `infected`, `suspect` or `clean`.
    pub verdict: String,
    /// Posterior probability of an infection.
    pub probability: f64,
    /// Malware families named by the evidence.
    pub families: Vec<String>,
    /// What it does for others.
    pub roles: Vec<String>,
    /// Log-odds before any evidence.
    pub prior_log_odds: f64,
    /// Each group's contribution.
    pub groups: BTreeMap<String, GroupRow>,
    /// Evidence, the weightiest first.
    pub evidence: Vec<EvidenceRow>,
    /// Evidence that a role explains.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<SetAsideRow>,
    /// The conversations that the evidence is about, the one that was judged first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conversations: Vec<ConversationRow>,
}

/// One group's contribution in nats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupRow {
    /// Best item plus a share of the others.
    pub raw: f64,
    /// What of it counts.
    pub capped: f64,
}

/// One item of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRow {
    /// Detector.
    pub detector: String,
    /// Group.
    pub group: String,
    /// Weight in nats.
    pub log_odds: f64,
    /// It convicts alone.
    pub certain: bool,
    /// It is part of the sum: about the host itself, or about its most suspicious conversation.
    pub counted: bool,
    /// The other end.
    pub peer: String,
    /// When it began.
    pub first: String,
    /// When it was last seen.
    pub last: String,
    /// MITRE ATT&CK technique.
    pub technique: String,
    /// One line.
    pub summary: String,
    /// The numbers behind it.
    pub numbers: BTreeMap<String, f64>,
    /// The conversation it is about: its place in the host's `conversations`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation: Option<usize>,
}

/// One conversation that evidence is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConversationRow {
    /// The other end.
    pub peer: String,
    /// First event.
    pub first: String,
    /// Last event.
    pub last: String,
    /// Connections and requests that the host began.
    pub starts: u32,
    /// Payload sent; absent while no flow of it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_bytes: Option<u64>,
    /// Payload received; absent while no flow of it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back_bytes: Option<u64>,
    /// When it was active.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<TimelineRow>,
    /// How long it waited in between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intervals: Option<IntervalsRow>,
}

/// Starts, and messages that the host sent, over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineRow {
    /// When the first bucket begins.
    pub start: String,
    /// How wide a bucket is.
    pub bucket_seconds: u64,
    /// Counts; 65535 stands for that many or more.
    pub counts: Vec<u16>,
}

/// A histogram of intervals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntervalsRow {
    /// Between what: `starts`, `messages sent` or `messages received`.
    pub between: String,
    /// Bounds of the buckets in seconds, one more than there are counts.
    pub edges: Vec<f64>,
    /// Counts.
    pub counts: Vec<u16>,
}

/// One item that a role explains.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetAsideRow {
    /// Detector.
    pub detector: String,
    /// One line.
    pub summary: String,
    /// Why it does not count.
    pub because: String,
}

/// Something that infected hosts talked to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndicatorRow {
    /// `domain-name`, `ipv4-addr`, `ipv6-addr`, `socket`, `ja4` or `url`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value.
    pub value: String,
    /// 0 to 100.
    pub confidence: u8,
    /// Inside hosts that talked to it and are infected.
    pub hosts: u64,
}
