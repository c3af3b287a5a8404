//! Looking ahead changes nothing, however wrong the guess.

use super::*;
use crate::Ahead;
use proptest::prelude::*;

/// What is remembered, as far as flows tell of it.
fn told(stage: &Stage) -> Vec<String> {
    let all = stage.profile.conversations();
    let mut all: Vec<String> = all.map(|c| format!("{c:?}")).collect();
    all.sort_unstable();
    all
}

fn play(flows: &[(u8, u8, u16)], few: bool, group: usize) -> Vec<String> {
    // Of few hosts and conversations, places are given away while somebody still guesses at them.
    let limits = match few {
        true => Limits { hosts: 16, conversation_bytes: 4096, names: 16 },
        false => ROOMY,
    };
    let mut stage = Stage::within(limits);
    let mut ahead: Vec<Option<Ahead>> = Vec::new();
    let all: Vec<FlowKey> = flows
        .iter()
        .map(|(host, peer, port)| {
            stage.flow(Addr::v4([10, 0, 0, *host]), Addr::v4([203, 0, 113, *peer]), *port)
        })
        .collect();
    for flows in all.chunks(group.max(1)) {
        if group > 0 {
            stage.profile.look_ahead(flows.iter().copied(), &mut ahead);
        }
        for (place, flow) in flows.iter().enumerate() {
            if let Some(Some(ahead)) = ahead.get(place) {
                stage.profile.expect(ahead);
            }
            stage.wait(20);
            stage.open(*flow);
            stage.close(*flow);
        }
    }
    told(&stage)
}

proptest! {
    #[test]
    fn looking_ahead_changes_nothing(
        flows in prop::collection::vec((0u8..40, 0u8..4, 440u16..444), 0..200),
        few: bool,
        group in 1usize..30,
    ) {
        prop_assert_eq!(play(&flows, few, group), play(&flows, few, 0));
    }
}
