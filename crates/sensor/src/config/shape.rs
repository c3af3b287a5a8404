//! The fields of the configuration.

use std::net::SocketAddr;
use std::path::PathBuf;

use ostium_event::{Addr, Prefix, Span};
use ostium_evidence::Role;
use ostium_verdict::Mode;
use serde::{Deserialize, Deserializer, de::Error};

use super::{HubConfig, Rpz};

/// All that an operator can say.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Interfaces to hear.
    pub interfaces: Vec<String>,
    /// What is inside.
    pub home: Vec<Prefix>,
    /// What this site is called.
    pub site: String,
    /// What may be done.
    pub mode: Mode,
    /// Probability that a host is infected before anything is seen of it.
    pub prior: f64,
    /// Memory for what is remembered of hosts and flows.
    pub memory: Size,
    /// Threads that analyse.
    pub threads: usize,
    /// Every host is looked at this often.
    pub look_every: Span,
    /// Where blocks and releases are kept over a restart.
    pub state: PathBuf,
    /// What was learned of hosts is kept this often; never, when it is zero.
    pub checkpoint: Span,
    /// Where it listens for `ostium status` and others.
    pub socket: PathBuf,
    /// Where Prometheus may ask; nowhere when it is not set.
    pub metrics: Option<SocketAddr>,
    /// How packets are captured.
    pub capture: Capture,
    /// What is never blocked.
    pub allow: Allow,
    /// What is known.
    pub indicators: Indicators,
    /// How blocks are enforced.
    pub enforce: Enforce,
    /// What a host in quarantine may reach.
    pub garden: Garden,
    /// What is told to the hub.
    pub hub: HubConfig,
    /// Blocked names for the resolvers of the site.
    pub rpz: Rpz,
    /// Roles that explain what hosts do.
    pub role: Vec<RoleRow>,
}

/// How packets are captured.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Capture {
    /// Memory of the kernel's ring, for each interface.
    pub ring: Size,
    /// Hear frames that are addressed to other machines: a mirror port or tap.
    pub promiscuous: bool,
    /// Bytes kept of a frame.
    pub snap_length: u32,
    /// Leave out what this machine sends by the interface.
    pub ignore_outgoing: bool,
    /// How long a packet may wait in the ring, in whole milliseconds.
    pub patience: Span,
}

/// What is never blocked, whoever asks.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Allow {
    /// Networks.
    pub networks: Vec<Prefix>,
    /// Names, with all names below.
    pub names: Vec<String>,
}

/// What is known.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Indicators {
    /// Files: plain lists, STIX 2.1, MISP, abuse.ch.
    pub files: Vec<PathBuf>,
    /// Destinations of at least this confidence are blocked at first contact; 0 to 100.
    pub block_from: u8,
}

/// How blocks are enforced.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Enforce {
    /// How long a block holds.
    pub hold: Span,
    /// `drop` or `reject`.
    pub refusal: Refusal,
    /// Quarantine infected hosts too.
    pub quarantine: bool,
    /// Enforce on bridged frames.
    pub bridge: bool,
    /// End TCP connections to what is blocked by resets: out of path, or besides nftables.
    pub resets: Resets,
    /// The interface that resets leave by; by the routes when it is not set.
    pub resets_by: Option<String>,
    /// Use nftables; a sensor at a tap has nothing to filter.
    pub nftables: bool,
    /// Elements that each set of nftables may hold.
    pub elements: u32,
    /// New blocks within a minute.
    pub new_per_minute: usize,
    /// New blocks of one minute concern at most this share of hosts, in percent.
    pub host_percent: f64,
    /// New blocks of one minute stop at most this share of connections, in percent.
    pub flow_percent: f64,
    /// How long automation leaves alone what was released.
    pub release_sticks: Span,
    /// Resolvers of the site, which are never blocked.
    pub resolvers: Vec<Addr>,
}

/// What becomes of a packet to a blocked destination.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Refusal {
    /// It vanishes.
    #[default]
    Drop,
    /// It is answered.
    Reject,
}

/// When TCP connections are reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resets {
    /// Never.
    Never,
    /// When a blocked name is met whose address cannot be blocked, because others share it.
    #[default]
    Names,
    /// Whenever a connection to something blocked is seen: for a tap.
    Always,
}

/// What a host in quarantine may reach.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Garden {
    /// Resolvers that it may ask.
    pub resolvers: Vec<Addr>,
    /// Addresses that it may reach.
    pub addresses: Vec<Addr>,
    /// Where its web requests go.
    pub web: Vec<SocketAddr>,
}

/// A role that explains what a host does.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleRow {
    /// The host.
    pub host: Addr,
    /// `resolver`, `mail-server`, `proxy`, `nat`, `scanner` or `monitor`.
    #[serde(deserialize_with = "role")]
    pub role: Role,
}

/// A number of bytes: `64MiB`, `1GiB`, `800k`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Default for Config {
    fn default() -> Self {
        Self {
            interfaces: Vec::new(),
            home: Vec::new(),
            site: String::new(),
            mode: Mode::Observe,
            prior: 0.001,
            memory: Size(1 << 30),
            threads: 1,
            look_every: Span::from_secs(2),
            state: PathBuf::from("/var/lib/ostium"),
            checkpoint: Span::from_secs(60),
            socket: ostium_sensor_api::default_socket(),
            metrics: None,
            capture: Capture::default(),
            allow: Allow::default(),
            indicators: Indicators::default(),
            enforce: Enforce::default(),
            garden: Garden::default(),
            hub: HubConfig::default(),
            rpz: Rpz::default(),
            role: Vec::new(),
        }
    }
}

impl Default for Capture {
    fn default() -> Self {
        Self {
            ring: Size(64 << 20),
            promiscuous: true,
            snap_length: 262_144,
            ignore_outgoing: false,
            patience: Span::from_millis(2),
        }
    }
}

impl Default for Indicators {
    fn default() -> Self {
        Self { files: Vec::new(), block_from: 70 }
    }
}

impl Default for Enforce {
    fn default() -> Self {
        Self {
            hold: Span::from_secs(86_400),
            refusal: Refusal::Drop,
            quarantine: false,
            bridge: false,
            resets: Resets::Names,
            resets_by: None,
            nftables: true,
            elements: 131_072,
            new_per_minute: 10,
            host_percent: 5.0,
            flow_percent: 2.0,
            release_sticks: Span::from_secs(7 * 86_400),
            resolvers: Vec::new(),
        }
    }
}

// === impl Size ===

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("'{text}' is no size; write 64MiB or 1GiB");
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(end).ok_or_else(bad)?;
        let number: u64 = number.parse().map_err(|_| bad())?;
        let scale = match unit.trim().to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kib" => 1 << 10,
            "kb" => 1_000,
            "m" | "mib" => 1 << 20,
            "mb" => 1_000_000,
            "g" | "gib" => 1 << 30,
            "gb" => 1_000_000_000,
            _ => return Err(bad()),
        };
        number.checked_mul(scale).map(Self).ok_or_else(bad)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

fn role<'de, D: Deserializer<'de>>(from: D) -> Result<Role, D::Error> {
    let name = String::deserialize(from)?;
    Role::from_name(&name).ok_or_else(|| {
        let all: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
        D::Error::custom(format!("'{name}' is no role; there are: {}", all.join(", ")))
    })
}
