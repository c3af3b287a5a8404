//! `ostium feed follow`: our follower, told line by line, as `conform` speaks to any.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use data_encoding::HEXLOWER;
use ostium_feed::{Follower, Hit, Met, PublicKey, Reach, Taken};
use ostium_intel::Pattern;

use crate::fail::Fail;
use crate::feed::talk::{Answer, Matched, Said};

/// Answers each line until there are no more.
pub(super) fn run() -> Result<ExitCode, Fail> {
    let mut follower = None;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| Fail::new(format!("cannot read: {error}")))?;
        let said: Said = serde_json::from_str(&line)
            .map_err(|_| Fail::new("cannot understand a line; docs/protocol.md has them"))?;
        let Some(answer) = answer(&mut follower, &said)? else { continue };
        let text = serde_json::to_string(&answer)
            .map_err(|error| Fail::new(format!("cannot write JSON: {error}")))?;
        if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
            break;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(follower: &mut Option<Follower>, said: &Said) -> Result<Option<Answer>, Fail> {
    if let Said::New { feed, root, .. } = said {
        let feed =
            hex(feed)?.try_into().map_err(|_| Fail::new("cannot follow: a feed has 16 bytes"))?;
        let root = PublicKey::from_slice(&hex(root)?).map_err(|why| Fail::new(why.to_string()))?;
        *follower = Some(Follower::new(feed, root));
        return Ok(None);
    }
    let Some(follower) = follower else {
        return Err(Fail::new("cannot follow before a scenario says which feed"));
    };
    Ok(Some(match said {
        Said::New { .. } => return Ok(None),
        Said::Frame { now_ms, frame } => took(follower, &hex(frame)?, *now_ms),
        Said::Name { now_ms, sensor, name } => {
            let reach = |hit: &Met<'_>| hit.reach(sensor.as_bytes(), now_ms / 1_000);
            matched(follower.table().domain_if(name, |hit| reach(hit) != Reach::Not), reach)
        }
        Said::Address { now_ms, sensor, address } => {
            let addr = address.parse();
            let addr =
                addr.map_err(|_| Fail::new(format!("cannot read the address '{address}'")))?;
            let reach = |hit: &Met<'_>| hit.reach(sensor.as_bytes(), now_ms / 1_000);
            matched(follower.table().addr_if(addr, |hit| reach(hit) != Reach::Not), reach)
        }
        Said::Shape { now_ms, sensor, shape } => {
            let reach = |hit: &Hit<Box<Pattern>>| hit.reach(sensor.as_bytes(), now_ms / 1_000);
            let there = |hit: &Hit<Box<Pattern>>| reach(hit) != Reach::Not;
            matched(follower.table().pattern_if(&shape.shape(), there).cloned(), reach)
        }
    }))
}

fn took(follower: &mut Follower, frame: &[u8], now_ms: u64) -> Answer {
    let kind = match follower.take_bytes(frame, now_ms) {
        Err(refusal) => return Answer::Refused { refused: refusal.name().to_owned() },
        Ok(Taken::Key) => "key",
        Ok(Taken::Delta(_)) => "delta",
        Ok(Taken::Heartbeat) => "heartbeat",
        Ok(Taken::Part) => "part",
        Ok(Taken::Snapshot) => "snapshot",
    };
    let at = follower.at();
    let state = HEXLOWER.encode(&at.state.to_bytes());
    Answer::Took { took: kind.to_owned(), epoch: at.epoch, seq: at.seq, state }
}

fn matched<V>(hit: Option<Hit<V>>, reach: impl Fn(&Hit<V>) -> Reach) -> Answer {
    let matched = hit.map(|hit| Matched { id: hit.id, reach: reach(&hit).name().to_owned() });
    Answer::Matched { matched }
}

fn hex(text: &str) -> Result<Vec<u8>, Fail> {
    HEXLOWER.decode(text.as_bytes()).map_err(|_| Fail::new("cannot read bytes that are not hex"))
}
