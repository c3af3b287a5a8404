//! Names that tools come with: of certificates, and of the browser they claim to be.
//!
//! Whoever changes the default is not found so; many do not. A name stands here only when the tool
//! itself makes it and nobody else would.

use ostium_event::{Tool, ToolKind};

/// Common names of certificates, whole. From the tools' own public sources and the hunting queries
/// that Censys and Salesforce (JARM, 2020) published for them.
const CERTIFICATES: [(&str, &str); 9] = [
    ("AsyncRAT Server", "AsyncRAT"),
    ("DcRat", "DcRat"),
    ("DcRat Server", "DcRat"),
    ("VenomRAT Server", "VenomRAT"),
    ("BitRAT", "BitRAT"),
    ("Quasar Server CA", "QuasarRAT"),
    ("Orcus Server", "Orcus"),
    ("Major Cobalt Strike", "Cobalt Strike"),
    ("P18055077", "PoshC2"),
];

/// Parts of user agents: LokiBot names Charon (Fortinet, 2017).
const AGENTS: [(&str, &str); 2] = [("WSHRAT|", "WSHRAT"), ("(Charon; Inferno)", "LokiBot")];
/// H-Worm writes the victim's description between such bars, at least so many of them (FireEye, Now
/// you see me, 2013).
const BARS: (&str, usize) = ("<|>", 3);

const fn remote(family: &'static str) -> Tool {
    Tool { family, kind: ToolKind::Remote, exact: true }
}

/// The tool whose certificate bears this name, or was signed under it.
pub(super) fn by_certificate(subject: &str, issuer: &str) -> Option<Tool> {
    let (subject, issuer) = (common_name(subject), common_name(issuer));
    let (_, family) = CERTIFICATES.iter().find(|(name, _)| *name == subject || *name == issuer)?;
    Some(remote(family))
}

/// The tool that names itself in a user agent.
pub(super) fn by_agent(agent: &str) -> Option<Tool> {
    if agent.matches(BARS.0).count() >= BARS.1 {
        return Some(remote("H-Worm"));
    }
    let (_, family) = AGENTS.iter().find(|(part, _)| agent.contains(part))?;
    Some(remote(family))
}

/// The common name, where a whole distinguished name is given.
fn common_name(name: &str) -> &str {
    let part = name.split(',').map(str::trim).find_map(|part| part.strip_prefix("CN="));
    part.unwrap_or(name)
}
