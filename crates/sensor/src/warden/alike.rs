//! Conversations that go as the hub says that those of a family go, to whomever they go.
//!
//! Bias: it is acted on like an indicator of the hub, of exactly this service of this destination; the
//! rails stand before it, and what is popular is not looked at. A pattern that is tried is shown and
//! told of. When the pattern goes, so do the blocks that rest on it.

use std::sync::Arc;

use ostium_enforce::rails::Request;
use ostium_event::Timestamp;
use ostium_evidence::Peer;
use ostium_pipeline::Alarm;
use ostium_sensor_api::Matter;
use ostium_uplink::Learned;
use ostium_verdict::{Block, Mode, Origin, Target};

use super::Warden;
use super::act::{Came, led_by, socket};
use super::hub::{Alike, WAITING};

// === impl Warden: patterns ===

impl Warden {
    /// A new conversation goes as a pattern says.
    pub(super) fn alike(&mut self, id: u64, name: Option<&str>, alarm: &Alarm, now: Timestamp) {
        let watched = self.watch.now();
        let Some(known) =
            watched.hub().and_then(|learned| learned.pattern(id, crate::clock::wall().secs()))
        else {
            return;
        };
        // A host by address is named by it.
        let name = name.filter(|name| name.parse::<ostium_event::Addr>().is_err());
        if name.is_some_and(|name| ostium_names::popularity(name).is_some()) {
            return;
        }
        let (flow, target) = (&alarm.flow, socket(&alarm.flow));
        let of = known.hit.family.as_deref().map_or_else(String::new, |of| format!(" of {of}"));
        let why = format!("it goes as conversations{of} go (pattern {id} of the hub)");
        self.contact(now, Some(&target), format!("{} calls {target}: {why}", flow.inside));
        if self.for_hub.alike.len() < WAITING {
            self.for_hub.alike.insert(Alike {
                peer: Peer {
                    name: name.map(Arc::from),
                    addr: Some(flow.outside),
                    port: Some(flow.outside_port),
                },
                id,
                family: known.hit.family.clone(),
                confidence: known.hit.confidence,
                for_show: known.for_show,
                host: Some(flow.inside),
            });
        }
        if self.ways.mode == Mode::Observe || !watched.acts_on(&known) {
            return;
        }
        if known.for_show {
            let said = format!("{target} would be blocked if this were not for show: {why}");
            self.news.tell(now, Matter::Held, Some(&target), said);
            return;
        }
        let by_name = name.and_then(Target::name);
        let mut came = Came::Not;
        for target in by_name.into_iter().chain([target]) {
            let led = name.filter(|_| !matches!(target, Target::Name(_))).map(led_by);
            let lines = [Some(by_pattern(id)), led];
            let block = Block::new(target, Origin::Hub, self.ways.mode, now, self.ways.hold)
                .because(&why)
                .with_evidence(lines.iter().flatten().map(String::as_str));
            let mut request = Request::of(block);
            request.names.extend(name.map(Arc::from));
            came = self.ask(request, now);
        }
        self.reset(alarm, came, now);
    }

    /// An operator says that this is harmless: the pattern by which it was blocked is told so.
    pub(super) fn pardon_alike(&mut self, target: &Target, learned: &Learned, now_s: u64) {
        let of_name = |block: &Block| match target {
            Target::Name(name) => super::orders::led(block).any(|led| *led == **name),
            _ => false,
        };
        let is_it = |block: &&Block| block.target == *target || of_name(block);
        let held: Vec<(Target, u64)> = self
            .blocks()
            .filter(is_it)
            .filter_map(|block| Some((block.target.clone(), pattern_of(block)?)))
            .collect();
        for (target, id) in held {
            let Some(known) = learned.pattern(id, now_s) else { continue };
            let peer = match target {
                Target::Name(name) => Peer { name: Some(name), addr: None, port: None },
                Target::AddressPort(addr, _, port) => {
                    Peer { name: None, addr: Some(addr), port: Some(port) }
                }
                Target::Address(addr) => Peer { name: None, addr: Some(addr), port: None },
                Target::Host(_) => continue,
            };
            self.for_hub.alike.insert(Alike {
                peer,
                id,
                family: None,
                confidence: known.hit.confidence,
                for_show: known.for_show,
                host: None,
            });
        }
    }
}

/// Evidence of a block that rests on a pattern.
fn by_pattern(id: u64) -> String {
    format!("pattern {id} of the hub")
}

/// The pattern on which a block rests.
pub(super) fn pattern_of(block: &Block) -> Option<u64> {
    let number =
        |line: &str| line.strip_prefix("pattern ")?.strip_suffix(" of the hub")?.parse().ok();
    block.evidence.iter().find_map(|line| number(line))
}
