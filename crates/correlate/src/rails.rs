//! What can never be published as a block, whoever says so.

use std::collections::BTreeMap;
use std::fmt;

use ostium_event::{Addr, Prefix};
use ostium_intel::rails::{Refusal, Verdict, check};
use ostium_intel::{IndicatorValue, host_of};

use crate::{OrgId, Organisation};

/// What kept a destination from being published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Popular, a resolver, shared by many, reserved.
    Common(Refusal),
    /// In the address space of a member.
    Member(OrgId),
    /// An operator of the hub exempted it.
    Exempt,
    /// A fingerprint or network alone: too many others share it.
    TooWide,
}

/// The rails of a hub.
#[derive(Clone, Debug, Default)]
pub struct Rails {
    names: BTreeMap<String, String>,
    ranges: Vec<(Prefix, String)>,
}

// === impl Kept ===

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Common(why) => f.write_str(why.as_str()),
            Self::Member(id) => write!(f, "in the address space of member {}", id.0),
            Self::Exempt => f.write_str("exempted by an operator"),
            Self::TooWide => f.write_str("shared by too many to be published from reports"),
        }
    }
}

// === impl Rails ===

impl Rails {
    /// Exempts a name and all below it, an address or a network. What can be neither is refused.
    pub fn exempt(&mut self, value: &IndicatorValue, note: &str) -> bool {
        match value {
            IndicatorValue::Domain(name) => drop(self.names.insert(name.clone(), note.to_owned())),
            IndicatorValue::Addr(addr) | IndicatorValue::Socket(addr, _) => {
                let bits = if addr.is_v4() { 32 } else { 128 };
                let Some(prefix) = Prefix::new(*addr, bits) else { return false };
                self.ranges.push((prefix, note.to_owned()));
            }
            IndicatorValue::Network(prefix) => self.ranges.push((*prefix, note.to_owned())),
            IndicatorValue::Url(_) | IndicatorValue::Ja4(_) => return false,
        }
        true
    }

    /// What keeps this from being published; `None` if nothing does.
    pub fn keep(
        &self,
        value: &IndicatorValue,
        members: &BTreeMap<OrgId, Organisation>,
    ) -> Option<Kept> {
        // A URL at an address is held to the rails of that address: what stands there is shared.
        let host = match value {
            IndicatorValue::Url(url) => host_of(url).parse().ok().map(IndicatorValue::Addr),
            _ => None,
        };
        for value in [Some(value), host.as_ref()].into_iter().flatten() {
            if let Verdict::SetAside(why) | Verdict::Refuse(why) = check(value) {
                return Some(Kept::Common(why));
            }
        }
        match value {
            IndicatorValue::Domain(name) => self.exempts_name(name).then_some(Kept::Exempt),
            IndicatorValue::Url(url) => {
                let host = host_of(url);
                match host.parse() {
                    Ok(addr) => self.keep_addr(addr, members),
                    Err(_) => self.exempts_name(host).then_some(Kept::Exempt),
                }
            }
            IndicatorValue::Addr(addr) | IndicatorValue::Socket(addr, _) => {
                self.keep_addr(*addr, members)
            }
            IndicatorValue::Network(_) | IndicatorValue::Ja4(_) => Some(Kept::TooWide),
        }
    }

    fn keep_addr(&self, addr: Addr, members: &BTreeMap<OrgId, Organisation>) -> Option<Kept> {
        if self.ranges.iter().any(|(range, _)| range.contains(addr)) {
            return Some(Kept::Exempt);
        }
        let owner = members.values().find(|member| owns(member, addr));
        owner.map(|member| Kept::Member(member.id))
    }

    fn exempts_name(&self, name: &str) -> bool {
        let mut over = std::iter::successors(Some(name), |name| Some(name.split_once('.')?.1));
        over.any(|name| self.names.contains_key(name))
    }
}

fn owns(member: &Organisation, addr: Addr) -> bool {
    member.ranges.iter().any(|range| range.contains(addr))
}
