//! What the process inside a namespace does, and what it tells.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ostium_enforce::netlink::Netlink;
use ostium_enforce::nft::{Config, Garden, Nft, Refusal, probe};
use ostium_enforce::reset::{Effort, End, Sender, resets};
use ostium_enforce::{Applied, Enforcer, Limit};
use ostium_event::{Span, Timestamp};
use ostium_lab::Host;
use ostium_verdict::{Block, BlockSet, Mode, Origin, Target};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The time at which all happens; blocks end so many seconds after it.
const NOW: Timestamp = Timestamp::from_secs(1_000_000);
const JOB: &str = "OSTIUM_ACT";
const TOLD: &str = "told: ";

/// What is to be done, in order, by one enforcer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) nft: Option<String>,
    pub(crate) reject: bool,
    pub(crate) bridge: bool,
    pub(crate) elements: Option<u32>,
    pub(crate) resolvers: Vec<IpAddr>,
    pub(crate) web: Vec<(IpAddr, u16)>,
    pub(crate) steps: Vec<Step>,
}

/// Targets come with the milliseconds that they are blocked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Step {
    Apply(Vec<(String, u64)>),
    Hot(String, u64),
    Release(String),
    Counters,
    /// Rates to victims: packets a second, and the milliseconds that they hold for.
    Limit(Vec<(String, u32, u64)>),
    Limited,
    /// What a person does by nft while the enforcer lives.
    Hand(String),
    Cut(Vec<String>),
    Teardown,
    Probe,
    Time(usize),
    Reset([(IpAddr, u16, u32, u32); 2], u8),
}

/// Does a job on a host; what each step told, in order: a result, or an error as text.
pub(crate) fn act(host: &Host, job: &Job) -> Vec<Result<Value, String>> {
    act_by(host, &[], job)
}

/// The same, started by another program, such as one that takes rights away.
pub(crate) fn act_by(host: &Host, by: &[&str], job: &Job) -> Vec<Result<Value, String>> {
    let mut command = host.part(by, "act::act_inside").unwrap();
    command.env(JOB, serde_json::to_string(job).unwrap());
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let told = text.lines().filter_map(|line| line.split_once(TOLD));
    let told: Vec<_> = told.map(|(_, json)| serde_json::from_str(json).unwrap()).collect();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(told.len(), job.steps.len(), "{text}\n{said}");
    told
}

/// Does a job of one step that must work.
pub(crate) fn one(host: &Host, step: Step) -> Value {
    act(host, &Job { steps: vec![step], ..Job::default() }).remove(0).unwrap()
}

/// Applies these targets, for a minute.
pub(crate) fn apply(targets: &[&str]) -> Step {
    Step::Apply(targets.iter().map(|target| ((*target).to_owned(), 60_000)).collect())
}

fn block(target: &str, millis: u64) -> Block {
    let target = target.parse().unwrap();
    Block::new(target, Origin::Detector, Mode::Block, NOW, Span::from_millis(millis))
}

fn limit(target: &str, packets_per_second: u32, millis: u64) -> Limit {
    let Target::AddressPort(addr, transport, port) = target.parse().unwrap() else {
        panic!("{target} has no port")
    };
    let until = NOW.plus(Span::from_millis(millis));
    Limit { addr, port, transport, packets_per_second, until }
}

fn told_of(applied: &Applied) -> Value {
    serde_json::json!({"added": applied.added, "removed": applied.removed,
        "refreshed": applied.refreshed, "kept": applied.kept, "left": applied.left,
        "rebuilt": applied.rebuilt, "looked": applied.looked, "cut": applied.cut, "uncut": applied.uncut})
}

fn step(nft: &mut Nft, step: &Step) -> Result<Value, String> {
    let text = |error: ostium_enforce::EnforceError| error.to_string();
    match step {
        Step::Apply(targets) => {
            let set: BlockSet = targets.iter().map(|(target, ms)| block(target, *ms)).collect();
            nft.apply(&set, NOW).map(|applied| told_of(&applied)).map_err(text)
        }
        Step::Hot(target, ms) => {
            nft.hot(&block(target, *ms), NOW).map(|()| Value::Null).map_err(text)
        }
        Step::Release(target) => {
            nft.release(&target.parse().unwrap()).map(|()| Value::Null).map_err(text)
        }
        Step::Counters => {
            let stopped = nft.counters().map_err(text)?;
            let told = stopped.iter().map(|s| (s.target.to_string(), Value::from(s.packets)));
            Ok(Value::Object(told.collect()))
        }
        Step::Limit(all) => {
            let all: Vec<Limit> =
                all.iter().map(|(target, rate, ms)| limit(target, *rate, *ms)).collect();
            nft.limit(&all, NOW).map(|()| Value::Null).map_err(text)
        }
        Step::Limited => {
            let limited = nft.limited().map_err(text)?;
            let told = limited.iter().map(|l| (l.target.to_string(), Value::from(l.packets)));
            Ok(Value::Object(told.collect()))
        }
        Step::Hand(words) => {
            let done = std::process::Command::new("nft").args(words.split(' ')).status();
            assert!(done.unwrap().success(), "{words}");
            Ok(Value::Null)
        }
        Step::Cut(targets) => {
            let targets: BTreeSet<_> = targets.iter().map(|t| t.parse().unwrap()).collect();
            nft.cut(&targets).map(|cut| cut.deleted.into()).map_err(text)
        }
        Step::Teardown => nft.teardown().map(|()| Value::Null).map_err(text),
        Step::Probe => {
            let pieces = probe("nft".as_ref()).map_err(text)?;
            Ok(pieces.iter().map(|piece| piece.lacks.clone()).collect())
        }
        Step::Time(count) => Ok(crate::speed::measure(nft, *count)),
        Step::Reset(ends, extra) => {
            let [one, other] = ends.map(|(addr, port, next, acked)| End {
                addr: addr.into(),
                port,
                next: Some(next),
                acked: Some(acked),
                window: 65_535,
            });
            let effort = Effort { extra: *extra, ..Effort::default() };
            let sender = Sender::open(None).map_err(text)?;
            let packets = resets(&one, &other, effort);
            packets.iter().try_for_each(|packet| sender.send(packet)).map_err(text)?;
            Ok(packets.len().into())
        }
    }
}

/// Not a test: the process inside. Without a job it does nothing.
#[test]
#[ignore = "started by other tests, inside a namespace"]
fn act_inside() {
    let Ok(job) = std::env::var(JOB) else { return };
    let job: Job = serde_json::from_str(&job).unwrap();
    let mut config = Config { bridge: job.bridge, ..Config::default() };
    config.elements = job.elements.unwrap_or(config.elements);
    config.nft = job.nft.map_or(config.nft, Into::into);
    config.refusal = if job.reject { Refusal::Reject } else { Refusal::Drop };
    config.garden = Garden {
        resolvers: job.resolvers.into_iter().map(Into::into).collect(),
        addresses: Vec::new(),
        web: job.web.into_iter().map(|(addr, port)| (addr.into(), port)).collect(),
    };
    let mut nft = Nft::new(config).unwrap();
    // A socket needs no right; only changes do.
    drop(Netlink::open().unwrap());
    for todo in &job.steps {
        println!("\n{TOLD}{}", serde_json::to_string(&step(&mut nft, todo)).unwrap());
    }
}
