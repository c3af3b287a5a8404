//! The loop: read, merge by time, hand to shards; then evaluate.

use std::ops::ControlFlow;
use std::sync::Arc;

use ostium_event::Timestamp;
use ostium_report::Document;

use crate::budget::Budget;
use crate::evaluate::{Read, evaluate};
use crate::examine::Looks;
use crate::input::{Input, Note};
use crate::merge::{Joins, Stream, Tally};
use crate::settings::Settings;
use crate::shard::Shard;
use crate::workers::Crew;

/// What came of a run.
#[derive(Debug)]
pub struct Analysis {
    /// The report.
    pub document: Document,
    /// What the user should know about the inputs.
    pub notes: Vec<Note>,
    /// Reading was ended early by the watcher.
    pub interrupted: bool,
    /// What was remembered.
    pub memory: Memory,
}

/// All state of a run. Letting it go takes a while: a process that ends anyway can forget it.
#[derive(Default)]
pub struct Memory {
    _shards: Vec<Shard>,
}

/// How far reading has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Bytes of the inputs read, as they lie on disk.
    pub read: u64,
    /// All there are, where it is known.
    pub total: Option<u64>,
    /// Packets read.
    pub packets: u64,
    /// Log rows read.
    pub rows: u64,
}

/// Is told of progress after each block; may end the reading.
pub type Watch<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// Memory for buffers, program and tables that do not shrink with the budget.
pub(crate) const OVERHEAD: u64 = 96 << 20;

/// Inputs that were read to their end.
pub(crate) struct Ran {
    pub(crate) shards: Vec<Shard>,
    pub(crate) read: Read,
    pub(crate) notes: Vec<Note>,
    pub(crate) interrupted: bool,
}

// === impl Memory ===

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Memory").finish_non_exhaustive()
    }
}

/// Analyses inputs as one observation.
pub fn analyze(inputs: Vec<Input>, settings: &Settings, watch: &mut Watch<'_>) -> Analysis {
    let ran = read(inputs, settings, watch, None);
    let document = evaluate(&ran.shards, settings, ran.read);
    let memory = Memory { _shards: ran.shards };
    Analysis { document, notes: ran.notes, interrupted: ran.interrupted, memory }
}

/// Reads inputs to their end, by one thread when somebody looks in between.
pub(crate) fn read(
    inputs: Vec<Input>,
    settings: &Settings,
    watch: &mut Watch<'_>,
    mut looks: Option<&mut Looks<'_>>,
) -> Ran {
    let names: Vec<String> = inputs.iter().map(|i| i.name.clone()).collect();
    let home = Arc::new(settings.home.clone());
    let budget =
        Budget::share_of(settings.memory.saturating_sub(OVERHEAD.min(settings.memory / 2)));
    let threads = if looks.is_some() { 1 } else { settings.threads };
    let mut crew = Crew::new(threads, budget, !settings.intel.is_empty(), &home);
    let identify = inputs.iter().any(Stream::is_open_log);
    let mut streams: Vec<Stream> =
        inputs.into_iter().map(|input| Stream::new(input, identify)).collect();
    let mut notes = Vec::new();
    let mut tally = Tally::new();
    let mut joins = Joins::default();
    let mut interrupted = false;
    while let Some((place, head, mut until)) = next(&mut streams, &mut crew, &mut notes) {
        if let Some(looks) = &mut looks {
            let Some(next) = looks.until(head) else {
                looks.look(crew.shards(), head);
                continue;
            };
            until = until.min(next);
        }
        if let Some(stream) = streams.get_mut(place) {
            stream.run(until, &home, &mut crew, &mut joins, &mut tally);
        }
        if watch(progress(&streams, &tally)).is_break() {
            interrupted = true;
            break;
        }
    }
    let mut dropped = Vec::new();
    for stream in &streams {
        dropped.extend(stream.close(&mut tally, &mut notes));
    }
    if tally.replaced > 0 {
        dropped.push(("row_replaced".to_owned(), tally.replaced));
    }
    let shards = crew.finish();
    Ran { shards, read: Read { names, tally, dropped }, notes, interrupted }
}

/// Which stream comes next, with its head, and until when: the head of the one after it.
fn next(
    streams: &mut [Stream],
    crew: &mut Crew,
    notes: &mut Vec<Note>,
) -> Option<(usize, Timestamp, Timestamp)> {
    let mut first: Option<(Timestamp, usize)> = None;
    let mut second = Timestamp::MAX;
    for (place, stream) in streams.iter_mut().enumerate() {
        let Some(head) = stream.head(crew, notes) else {
            continue;
        };
        match first {
            Some((earliest, _)) if head >= earliest => second = second.min(head),
            _ => {
                if let Some((earliest, _)) = first {
                    second = second.min(earliest);
                }
                first = Some((head, place));
            }
        }
    }
    first.map(|(head, place)| (place, head, second))
}

fn progress(streams: &[Stream], tally: &Tally) -> Progress {
    let mut progress = Progress {
        packets: tally.packets,
        rows: tally.rows,
        total: Some(0),
        ..Progress::default()
    };
    for stream in streams {
        let (read, size) = stream.progress();
        progress.read += read;
        progress.total = progress.total.zip(size).map(|(total, size)| total + size);
    }
    progress
}
