//! The wheel against a list of everyone and their seconds.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    /// Enters someone so many seconds ahead, or behind.
    Enter(i64),
    /// Time goes on by so much.
    Advance(u32),
    /// Time runs back by so much.
    Rewind(u32),
}

fn step() -> impl Strategy<Value = Step> {
    let slots = SLOTS as u32;
    prop_oneof![
        8 => (-20i64..5_000).prop_map(Step::Enter),
        4 => (0u32..90).prop_map(Step::Advance),
        2 => (0..slots + 100).prop_map(Step::Advance),
        1 => (0..3 * slots).prop_map(Step::Rewind),
    ]
}

/// Everyone whose second comes round in the seconds after `from` up to `to`, in that order.
fn naive(waiting: &mut Vec<(u32, u32)>, from: u32, to: u32) -> Vec<u32> {
    let slots = SLOTS as u32;
    let mut due = Vec::new();
    for second in from + 1..=to.min(from + slots) {
        due.extend(waiting.iter().filter(|(_, at)| at % slots == second % slots).map(|w| w.0));
        waiting.retain(|(_, at)| at % slots != second % slots);
    }
    due
}

proptest! {
    #[test]
    fn everyone_is_due_once_when_their_second_comes(
        start in 0u32..2_000_000_000, steps in prop::collection::vec(step(), 1..200),
    ) {
        let (mut wheel, mut waiting, mut now) = (Wheel::new(), Vec::new(), start);
        wheel.advance(start, &mut Vec::new());
        for (id, step) in (0u32..).zip(steps) {
            match step {
                Step::Enter(ahead) => {
                    let wish = (i64::from(now) + ahead).max(0) as u32;
                    let due = wheel.enter(id, wish);
                    prop_assert_eq!(due, wish.clamp(now + 1, now + SLOTS as u32 - 1));
                    waiting.push((id, due));
                }
                Step::Advance(by) => {
                    let mut due = Vec::new();
                    let all = wheel.advance(now + by, &mut due);
                    let mut expected = naive(&mut waiting, now, now + by);
                    prop_assert_eq!(all, by >= SLOTS as u32);
                    if all {
                        expected.sort_unstable();
                        prop_assert!(waiting.is_empty());
                    }
                    prop_assert_eq!(due, expected);
                    now += by;
                }
                Step::Rewind(by) => {
                    now = now.saturating_sub(by);
                    wheel.rewind(now);
                }
            }
            prop_assert_eq!(wheel.now(), now);
            prop_assert!(wheel.is_behind(now + 1) && !wheel.is_behind(now));
        }
        let (mut due, end) = (Vec::new(), now + SLOTS as u32);
        wheel.drain(&mut due);
        prop_assert_eq!(due, naive(&mut waiting, now, end));
        prop_assert!(waiting.is_empty());
    }
}
