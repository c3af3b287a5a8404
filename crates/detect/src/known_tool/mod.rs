//! Known tools: the first words, the default certificate or the browser name that a remote control,
//! a bot or a miner comes with, and that its users seldom change (ATT&CK T1219, T1496).
//!
//! What only the tool itself says is certain. So is the work of a miner of processors that a pool
//! took: what nobody can see is whether the owner wants it, so who mines on purpose says so by the
//! role `miner`; miners by other protocols, which run on machines made for it, stay suspects.
//! `names.rs` lists certificates and agents with their
//! sources; first words are in the parser of tools.

mod names;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ostium_event::{Addr, Event, OpenedBy, Scope, Tool, ToolKind, What};
use ostium_evidence::{Evidence, Group};
use ostium_profile::keep::{KeepError, bytes_of, of_bytes};
use ostium_profile::{Conversation, Generations, Profile, Seen, View as Kind};

use crate::detector::{Detector, Interest, View, about_conversation};

/// The detector.
pub(crate) struct KnownTool {
    heard: Generations<(Addr, u128, u16), Heard>,
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Heard {
    /// Name of the family.
    family: Arc<str>,
    kind: ToolKind,
    exact: bool,
    by: By,
    times: u32,
}

/// What it was known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
enum By {
    Words,
    Certificate,
    Agent,
}

/// Nats of what nothing else says.
const EXACT: f64 = 12.0;
/// Nats of what few others say.
const LIKELY: f64 = 4.5;
/// What miners speak, where they do not say who they are.
const PROTOCOL: &str = "Stratum";

// === impl Heard ===

impl Heard {
    fn of(tool: Tool, by: By) -> Self {
        let Tool { family, kind, exact } = tool;
        Self { family: family.into(), kind, exact, by, times: 0 }
    }
}

// === impl KnownTool ===

impl KnownTool {
    pub(crate) fn new(hosts: usize) -> Self {
        Self { heard: Generations::new(hosts) }
    }

    fn hear(&mut self, event: &Event<'_>, tool: Tool, by: By) {
        let key = (event.flow.inside, event.flow.outside.bits(), event.flow.outside_port);
        let heard = self.heard.entry(key, || Heard::of(tool, by));
        heard.times = heard.times.saturating_add(1);
        if tool.exact && !heard.exact {
            *heard = Heard { times: heard.times, ..Heard::of(tool, by) };
        }
    }
}

impl Detector for KnownTool {
    fn name(&self) -> &'static str {
        "known-tool"
    }

    fn interest(&self) -> Interest {
        Interest::TOOL.and(Interest::TLS_SERVER).and(Interest::HTTP)
    }

    fn keep(&self) -> Result<Vec<u8>, KeepError> {
        bytes_of(&self.heard)
    }

    fn recall(&mut self, kept: &[u8]) -> Result<(), KeepError> {
        self.heard.take_over(of_bytes(kept)?);
        Ok(())
    }

    fn remembered(&self) -> usize {
        self.heard.len()
    }

    fn set_limit(&mut self, hosts: usize) {
        self.heard.set_limit(hosts);
    }

    fn event(&mut self, _: &Seen, event: &Event<'_>, _: &Profile) {
        if event.opened_by == OpenedBy::Outside || event.scope != Scope::Egress {
            return;
        }
        let found = match event.what {
            What::Tool(tool) => Some((tool, By::Words)),
            What::TlsServer(server) => server
                .certificate
                .and_then(|c| names::by_certificate(c.subject, c.issuer))
                .map(|tool| (tool, By::Certificate)),
            What::Http(request) => {
                request.user_agent.and_then(names::by_agent).map(|tool| (tool, By::Agent))
            }
            _ => None,
        };
        if let Some((tool, by)) = found {
            self.hear(event, tool, by);
        }
    }

    fn conversation(&self, c: &Conversation, view: &View<'_>, out: &mut Vec<Evidence>) {
        if c.key.view != Kind::Address {
            return;
        }
        let Some(Heard { family, kind, exact, by, times }) =
            self.heard.peek(&(view.host.addr, c.addr.bits(), c.port))
        else {
            return;
        };
        // A page can lead a browser to any server, and the server shows what it likes.
        let browser = c.tls.as_ref().and_then(|tls| tls.ja4);
        let led = *by == By::Certificate
            && browser.is_some_and(|ja4| view.summary.is_general_client(&ja4));
        let exact = *exact && !led;
        let what = kind.words();
        let said = match by {
            By::Words if exact && *kind == ToolKind::Miner => {
                format!("mines: {} hands out work, and takes what comes back ({family})", c.peer())
            }
            By::Words => format!("the first words to {} are those of {family}, {what}", c.peer()),
            By::Certificate => {
                format!("{} shows the certificate that {family}, {what}, comes with", c.peer())
            }
            By::Agent => format!("calls {} as {family}, {what}, does", c.peer()),
        };
        let (group, technique) = match kind {
            ToolKind::Miner => (Group::Behaviour, "T1496"),
            ToolKind::Remote => (Group::Client, "T1219"),
            ToolKind::Bot => (Group::Client, "T1071"),
            ToolKind::Stage => (Group::Client, "T1105"),
        };
        out.push(Evidence {
            log_odds: if exact { EXACT } else { LIKELY },
            certain: exact,
            // That of a protocol is no family's.
            family: (exact && &**family != PROTOCOL).then(|| family.to_string()),
            summary: said,
            numbers: vec![("times", f64::from(*times))],
            ..about_conversation(self.name(), group, technique, c)
        });
    }
}
