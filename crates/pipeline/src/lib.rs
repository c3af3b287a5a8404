//! The path of a packet: `capture -> track -> parse -> profile -> detect -> judge -> report`.
//!
//! [`analyze`] reads inputs, merges them by time and gives each packet or log row to the shard that
//! owns its inside host. There are always [`SHARDS`] shards, each with its share of memory; threads
//! only pick up shards, and what needs all hosts is merged in shard order at the end. So the report
//! is the same whatever the number of threads.
#![forbid(unsafe_code)]

mod analyze;
mod balance;
mod barred;
mod budget;
mod counters;
mod crowd;
mod dispatch;
mod engine;
mod evaluate;
mod events;
mod examine;
mod hub;
mod input;
mod keep;
mod lookout;
mod merge;
mod settings;
mod shard;
mod shed;
mod talks;
mod workers;

pub use analyze::{Analysis, Memory, Progress, Watch, analyze};
pub use barred::Barred;
pub use crowd::{Crowd, Shared};
pub use engine::{Counts, Engine};
pub use events::{Listener, analyze_events};
pub use examine::{Examination, examine, examine_events};
pub use input::{Input, InputError, Note, from_reader, open};
pub use keep::{FORM, home_print};
pub use lookout::{Alarm, Cause, Segment, Watcher};
pub use ostium_detect::pattern_nats;
pub use settings::{RoleAt, Settings};
pub use shard::SHARDS;
pub use shed::MOST_SHED;

#[cfg(test)]
mod tests;
