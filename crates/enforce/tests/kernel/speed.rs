//! How long one element takes by netlink, against starting nft.

use std::process::Command;
use std::time::{Duration, Instant};

use ostium_enforce::Enforcer;
use ostium_enforce::nft::Nft;
use ostium_event::{Addr, Span, Timestamp};
use ostium_verdict::{Block, BlockSet, Mode, Origin, Target};
use serde_json::{Value, json};

use crate::act::{Step, one};
use crate::world::World;

/// Microseconds, p50 and p99, of `count` hot blocks and of a tenth as many starts of nft; and of
/// ten and fifty times as many blocks applied at once, and found right again.
pub(crate) fn measure(nft: &mut Nft, count: usize) -> Value {
    let now = Timestamp::from_secs(1);
    nft.apply(&BlockSet::default(), now).unwrap();
    let quantiles = |mut times: Vec<Duration>| {
        times.sort_unstable();
        let at = |q: usize| times[(times.len() - 1) * q / 100].as_micros();
        (at(50), at(99))
    };
    let (mut hot, mut started) = (Vec::new(), Vec::new());
    for n in 0..count {
        let addr = Addr::v4([198, 18, (n >> 8) as u8, n as u8]);
        let target = Target::Address(addr);
        let block = Block::new(target, Origin::Detector, Mode::Block, now, Span::from_secs(600));
        let begin = Instant::now();
        nft.hot(&block, now).unwrap();
        hot.push(begin.elapsed());
    }
    for n in 0..count / 10 {
        let element = format!("{{ 198.19.0.{} timeout 600s }}", n % 256);
        let words = ["add", "element", "inet", "ostium", "block4", &element];
        let begin = Instant::now();
        assert!(Command::new("nft").args(words).status().unwrap().success());
        started.push(begin.elapsed());
    }
    let clock = Instant::now();
    let [ten, fifty] = [10, 50].map(|times| applied(nft, count * times, (now, clock)));
    json!({"netlink": quantiles(hot), "nft": quantiles(started), "ten": ten, "fifty": fifty})
}

/// Microseconds of so many blocks applied in the place of what was there, of finding all of them
/// right again, of taking one of them out, and of finding them right after somebody else changed
/// nftables.
fn applied(nft: &mut Nft, count: usize, (now, clock): (Timestamp, Instant)) -> [u128; 4] {
    let block = |n: usize| {
        let target = Target::Address(Addr::v4([20, (n >> 16) as u8, (n >> 8) as u8, n as u8]));
        Block::new(target, Origin::Hub, Mode::Block, now, Span::from_secs(600))
    };
    let many: BlockSet = (0..=count).map(block).collect();
    let fewer: BlockSet = (0..count).map(block).collect();
    let mut apply = |blocks: &BlockSet| {
        // Time goes on, or every element would be given another end.
        let (begin, at) = (Instant::now(), now.plus(Span::from_secs(clock.elapsed().as_secs())));
        let applied = nft.apply(blocks, at).unwrap();
        (begin.elapsed().as_micros(), applied.added + applied.refreshed)
    };
    let (first, again, less) = (apply(&many), apply(&many), apply(&fewer));
    for verb in ["add", "delete"] {
        assert!(
            Command::new("nft").args([verb, "table", "ip", "foreign"]).status().unwrap().success()
        );
    }
    let after = apply(&fewer);
    assert!(first.1 > 0 && again.1 == 0 && after.1 == 0, "{first:?} {again:?} {after:?}");
    [first.0, again.0, less.0, after.0]
}

#[test]
fn a_hot_element_is_in_the_kernel_within_a_few_milliseconds() {
    let Some(world) = World::or_skip() else { return };
    let told = one(&world.gateway, Step::Time(1000));
    eprintln!("microseconds, p50 and p99: {told}");
    let p50 = |way: &str| told[way][0].as_u64().unwrap();
    // Starting a program takes hundreds of times as long, whatever the machine is doing.
    assert!(p50("netlink") < p50("nft"), "{told}");
    let text = world.gateway.run("nft", &["list", "set", "inet", "ostium", "block4"]).unwrap();
    assert_eq!(text.matches(" expires ").count(), 50_000, "and those before are gone");
}
