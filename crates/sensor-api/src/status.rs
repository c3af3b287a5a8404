//! How a sensor is doing.

use std::path::PathBuf;

use ostium_verdict::{Block, Mode, Target};
use serde::{Deserialize, Serialize};

/// Version of this interface.
pub const VERSION: u32 = 1;

/// Where a sensor listens when nobody says otherwise.
pub fn default_socket() -> PathBuf {
    PathBuf::from("/run/ostium/sensor.sock")
}

/// How a sensor is doing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Version of this interface.
    pub api: u32,
    /// Version of the sensor.
    pub version: String,
    /// What the site is called.
    #[serde(default)]
    pub site: String,
    /// Who may be blocked.
    pub mode: Mode,
    /// When it started.
    pub started: u64,
    /// Event time: the clock of the packets.
    pub now: u64,
    /// What it hears.
    pub interfaces: Vec<InterfaceRow>,
    /// Packets taken since it started.
    pub packets: u64,
    /// Their bytes on the wire.
    pub bytes: u64,
    /// Packets a second, over the last seconds.
    pub packets_per_second: f64,
    /// Bytes a second, over the last seconds.
    pub bytes_per_second: f64,
    /// Flows that have ended.
    pub flows: u64,
    /// Events.
    pub events: u64,
    /// Packets of whole flows that were let go under load, and how hard: one flow in `2^level` is
    /// analysed.
    pub shed_packets: u64,
    /// See `shed_packets`.
    pub shed_level: u32,
    /// What was let go or could not be read, by reason.
    pub dropped: Vec<(String, u64)>,
    /// Inside hosts that are infected or suspect, the most probable first.
    pub hosts: Vec<HostRow>,
    /// How many infected hosts there are; the rows above are the first.
    #[serde(default)]
    pub infected: u64,
    /// How many suspect hosts there are.
    #[serde(default)]
    pub suspects: u64,
    /// What is blocked, or would be: the first of them.
    pub blocks: Vec<BlockRow>,
    /// How many there are.
    #[serde(default)]
    pub blocks_in_all: u64,
    /// What happened last, the latest first.
    pub news: Vec<NewsRow>,
    /// Indicators that are loaded.
    pub indicators: u64,
    /// Blocks of known destinations that stand besides `blocks`, from the start.
    #[serde(default)]
    pub preloaded: u64,
    /// The zone of blocked names, when resolvers are given one.
    #[serde(default)]
    pub zone: Option<ZoneRow>,
    /// What was learned of hosts is kept as of this time; 0 when it is not.
    #[serde(default)]
    pub kept: u64,
    /// How much may go to victims of many sites.
    #[serde(default)]
    pub limits: Vec<LimitRow>,
    /// The line to a hub; `None` when none was joined.
    #[serde(default)]
    pub hub: Option<HubRow>,
    /// Resident memory in bytes; 0 when the system does not tell.
    pub memory: u64,
    /// Whether the kernel does as it was told; else why not.
    pub trouble: Option<String>,
}

/// An interface or file that is heard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceRow {
    /// Its name.
    pub name: String,
    /// It is there, and up.
    pub up: bool,
    /// Packets that the kernel saw.
    pub seen: u64,
    /// Packets that the kernel dropped because the ring was full.
    pub dropped: u64,
    /// Why it cannot be heard, when it cannot.
    #[serde(default)]
    pub trouble: Option<String>,
}

/// The zone of blocked names that resolvers are given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneRow {
    /// What it is called.
    pub name: String,
    /// Its serial.
    pub serial: u32,
    /// Names that it has a rule for.
    pub names: u64,
    /// Names that did not fit.
    pub left_out: u64,
    /// Where it can be fetched.
    pub at: Vec<String>,
    /// Transfers, whole or of changes.
    pub transfers: u64,
    /// Questions by strangers, with a wrong signature, or for another zone.
    pub refused: u64,
    /// Times that a resolver acknowledged a change.
    pub notified: u64,
    /// Times that it did not.
    pub unheard: u64,
    /// Why the file cannot be written, when it cannot.
    #[serde(default)]
    pub trouble: Option<String>,
}

/// The line to a hub.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HubRow {
    /// Host and port.
    pub hub: String,
    /// The organisation, as the hub calls it.
    pub organisation: String,
    /// This sensor, as the hub calls it.
    pub sensor: String,
    /// Is the line open?
    pub open: bool,
    /// Why it is not, or what was wrong last.
    pub trouble: Option<String>,
    /// Entries that the hub has published.
    pub entries: u64,
    /// What of them is looked up by no value.
    pub apart: ApartRow,
    /// Which history of the feed.
    pub epoch: u64,
    /// Changes of it that were taken.
    pub seq: u64,
    /// Does the hub still say that this is all? If not, the set is kept, and stale.
    pub fresh: bool,
    /// Until when its word holds.
    pub fresh_until: u64,
    /// Reports that the hub has.
    pub durable: u64,
    /// Reports that wait.
    pub waiting: u64,
    /// Reports that there was no room for.
    pub lost: u64,
    /// Reports that the hub refused for good, and why, last.
    pub refused: u64,
    /// See `refused`.
    pub why: String,
    /// Frames of the feed that were not believed, by why (docs/protocol.md, Refusals).
    pub refusals: Vec<(String, u64)>,
}

/// What the hub has published and is looked up by no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ApartRow {
    /// How conversations of families go.
    pub patterns: u64,
    /// Victims of many sites.
    pub throttles: u64,
    /// Generators of names.
    pub generators: u64,
}

/// How much may go to a victim of many sites.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitRow {
    /// The victim: address, port and transport.
    pub target: Target,
    /// Packets a second that each inside host may send.
    pub packets_per_second: u32,
    /// When it ends by itself.
    pub until: u64,
    /// Packets that it has let go.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// An inside host that is not clean.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HostRow {
    /// Its address.
    pub host: String,
    /// `infected` or `suspect`.
    pub verdict: String,
    /// Posterior probability.
    pub probability: f64,
    /// Malware families named by the evidence.
    pub families: Vec<String>,
    /// The weightiest evidence, in one line.
    pub summary: String,
    /// When it was last heard.
    pub last: u64,
}

/// A block, and what it has stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRow {
    /// The block.
    #[serde(flatten)]
    pub block: Block,
    /// Packets stopped, or that would have been.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What a piece of news is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Matter {
    /// A host is infected.
    Infected,
    /// Somebody talked to what is watched for.
    Contact,
    /// A block was made, or would have been.
    Blocked,
    /// A block was asked for, and the rails hold it.
    Held,
    /// A block was asked for, and the rails refuse it.
    Refused,
    /// A block ended: its time was over, or somebody released it.
    Ended,
    /// A connection was reset.
    Reset,
    /// The hub is told of something.
    Told,
    /// Something of the sensor itself.
    Sensor,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewsRow {
    /// When.
    pub at: u64,
    /// What it is about.
    pub matter: Matter,
    /// The target, if there is one.
    pub target: Option<Target>,
    /// What, in one line.
    pub said: String,
}
