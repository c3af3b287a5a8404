//! Events instead of inputs: a world that is told, not captured, takes the same way through
//! profile, detectors and judgement.
//!
//! The teller keeps the order of time for each inside host; who is told of between does not
//! matter. Nothing is tracked or parsed here, so what a report says of packets and bytes is what
//! ended flows sum up to.

use std::ops::ControlFlow;

use ostium_event::{Event, Scope, What};
use ostium_track::shard_of;

use crate::analyze::{Analysis, Memory, OVERHEAD};
use crate::budget::Budget;
use crate::evaluate::{Read, evaluate};
use crate::examine::Looks;
use crate::merge::Tally;
use crate::settings::Settings;
use crate::shard::{SHARDS, Shard};

/// Hears events; says when it has heard enough.
pub type Listener<'a> = dyn FnMut(&Event<'_>) -> ControlFlow<()> + 'a;

/// Analyses what `tell` tells, as one observation called `name`.
pub fn analyze_events(
    name: &str,
    settings: &Settings,
    tell: impl FnOnce(&mut Listener<'_>),
) -> Analysis {
    let (shards, read) = hear_all(name, settings, tell, None);
    let document = evaluate(&shards, settings, read);
    Analysis { document, notes: Vec::new(), interrupted: false, memory: Memory::default() }
}

/// Hears all that is told, with looks at it in between where they are wanted.
pub(crate) fn hear_all(
    name: &str,
    settings: &Settings,
    tell: impl FnOnce(&mut Listener<'_>),
    mut looks: Option<&mut Looks<'_>>,
) -> (Vec<Shard>, Read) {
    let budget =
        Budget::share_of(settings.memory.saturating_sub(OVERHEAD.min(settings.memory / 2)));
    let known = !settings.intel.is_empty();
    let mut shards: Vec<Shard> =
        (0..SHARDS).map(|_| Shard::new(budget, known, &settings.home)).collect();
    let mut tally = Tally::new();
    tell(&mut |event| {
        if let Some(looks) = &mut looks
            && looks.until(event.at).is_none()
        {
            looks.look(&shards, event.at);
        }
        if let What::FlowClosed(record) = &event.what {
            tally.packets += record.out.packets + record.back.packets;
            tally.bytes += record.bytes();
        }
        if let Some(shard) = shards.get_mut(shard_of(event.flow.inside, SHARDS) as usize) {
            hear(shard, event);
        }
        ControlFlow::Continue(())
    });
    let read = Read { names: vec![name.to_owned()], tally, dropped: Vec::new() };
    (shards, read)
}

fn hear(shard: &mut Shard, event: &Event<'_>) {
    shard.hub.counters.at(event.at);
    if event.scope == Scope::Transit {
        shard.hub.counters.transit += 1;
        return;
    }
    shard.hub.event(event);
}
