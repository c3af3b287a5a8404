//! DNS questions and answers.

use crate::Addr;

/// Which half of a DNS exchange an event tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsStage {
    /// The question alone.
    Query,
    /// The reply alone.
    Reply,
    /// A log row that holds both.
    Both,
}

/// A DNS message, or a log row of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Dns<'a> {
    /// Which half this is.
    pub stage: DnsStage,
    /// Transaction id.
    pub id: u16,
    /// The name asked for: lower case, no final dot, bytes outside `[!-~]` as `?`.
    pub name: &'a str,
    /// The type asked for.
    pub record_type: RecordType,
    /// Response code; `None` when there was no reply (yet).
    pub rcode: Option<u8>,
    /// Records of the answer section, at most 32.
    pub answers: &'a [Answer<'a>],
    /// Bytes of the reply message, 0 when unknown.
    pub reply_bytes: u32,
}

/// One record of an answer.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Seconds it may be kept.
    pub ttl: u32,
    /// What it says.
    pub data: AnswerData<'a>,
}

/// What an answer says.
#[derive(Clone, Copy, Debug)]
pub enum AnswerData<'a> {
    /// An address (A or AAAA).
    Addr(Addr),
    /// The name that the name asked for stands for.
    Cname(&'a str),
    /// Any other record: its type, and the length of its data.
    Other(RecordType, u32),
}

/// A DNS record type, as its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RecordType(pub u16);

// === impl RecordType ===

impl RecordType {
    /// IPv4 address.
    pub const A: Self = Self(1);
    /// Canonical name.
    pub const CNAME: Self = Self(5);
    /// Arbitrary bytes.
    pub const NULL: Self = Self(10);
    /// Name of an address.
    pub const PTR: Self = Self(12);
    /// Mail exchanger.
    pub const MX: Self = Self(15);
    /// Text.
    pub const TXT: Self = Self(16);
    /// IPv6 address.
    pub const AAAA: Self = Self(28);
    /// Service.
    pub const SRV: Self = Self(33);
    /// Private use, as tunnels take it.
    pub const PRIVATE: Self = Self(65399);
    /// Any type.
    pub const ANY: Self = Self(255);
}
