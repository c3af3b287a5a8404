//! What every look at a conversation respects: whom timing may not accuse.

#[cfg(test)]
mod tests;

use ostium_names as names;
use ostium_profile::{Conversation, View as Kind, domain_key};

use crate::View;

/// The most nats that timing may claim about a conversation.
///
/// Push, update, time and telemetry services keep better time than most bots; only who they are
/// tells them apart (research: four clean machines all had pairs that pass every timing test).
pub(crate) fn timing_cap(conversation: &Conversation, view: &View<'_>) -> f64 {
    let Some(name) = &conversation.name else {
        return match conversation.key.view {
            // A pool of one client may hold anything.
            Kind::Client => 2.0,
            _ if names::is_public_resolver(conversation.addr) => 0.5,
            _ if names::is_cdn(conversation.addr) => 2.0,
            _ => 6.0,
        };
    };
    if name.infrastructure {
        return 0.0;
    }
    if names::is_cdn_name(&name.text) || names::is_doh_name(&name.text) {
        return 0.5;
    }
    // Who asks for its own address is told by others; nobody takes orders there.
    if names::is_address_lookup(&name.text) {
        return 1.0;
    }
    match name.rank {
        Some(_) if name.dynamic => 6.0,
        Some(_) => 0.7,
        None if view.prevalence.is_common(domain_key(name.site())) => 1.0,
        // Names shared by several machines of one site are mostly their owner's agents.
        None if view.prevalence.sharing(domain_key(name.site())) > 1 => 3.5,
        None => 5.0,
    }
}

/// May what a destination looks like be held against a conversation at all?
pub(crate) fn is_excused(conversation: &Conversation, view: &View<'_>) -> bool {
    match &conversation.name {
        Some(name) => {
            name.infrastructure
                || name.is_popular()
                || view.prevalence.is_common(domain_key(name.site()))
        }
        None => names::is_public_resolver(conversation.addr),
    }
}

/// Pools of bare addresses hold one conversation, or a peer-to-peer program's many: then the
/// address views say it better, or nothing can be said.
pub(crate) fn is_redundant(conversation: &Conversation, view: &View<'_>) -> bool {
    match conversation.key.view {
        Kind::Nameless | Kind::Site => {
            conversation.address_changes == 0 || view.summary.looks_like_p2p()
        }
        Kind::Domain | Kind::Client => conversation.address_changes == 0,
        Kind::Address | Kind::Name => false,
    }
}
