//! Which of two ends is inside.

use ostium_event::{FlowKey, Home, Proto, Scope};

use crate::packet::End;

/// The flow of a packet, whether its sender is the inside end, and whether it leaves the network.
/// Where both ends are inside, or none is, the larger port is taken for the client.
pub(super) fn orient(home: &Home, proto: Proto, from: &End, to: &End) -> (FlowKey, bool, Scope) {
    let (source, target) = (home.contains(from.addr), home.contains(to.addr));
    let (from_inside, scope) = match (source, target) {
        (true, false) => (true, Scope::Egress),
        (false, true) => (false, Scope::Egress),
        (both, _) => {
            let client = match proto {
                Proto::ICMP | Proto::ICMP6 => from.addr > to.addr,
                _ => (from.port, from.addr) > (to.port, to.addr),
            };
            (client, if both { Scope::Internal } else { Scope::Transit })
        }
    };
    let (inside, outside) = if from_inside { (from, to) } else { (to, from) };
    let key = FlowKey {
        inside: inside.addr,
        outside: outside.addr,
        inside_port: inside.port,
        outside_port: outside.port,
        proto,
    };
    (key, from_inside, scope)
}
