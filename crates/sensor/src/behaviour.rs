//! What was learned of hosts, over a restart: one file for each shard, written one after the other
//! all the time, each whole or not at all.
//!
//! The main thread makes the bytes of one shard at a time, so that packets wait for a part of the
//! whole only; a thread of its own compresses and writes them. Failure choice: what cannot be
//! written is said and tried again; what cannot be read is set aside and said, and the hosts of
//! that shard begin anew. The files hold addresses and names, and only their owner may read them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use ostium_event::{Prefix, Span, Timestamp};
use ostium_pipeline::{Engine, FORM, SHARDS, home_print};

/// Behaviour as it is kept.
pub(crate) struct Behaviour {
    folder: PathBuf,
    /// All shards are kept once in this time.
    every: Span,
    home: u64,
    shard: u32,
    due: Timestamp,
    jobs: Option<SyncSender<Job>>,
    done: Receiver<(u32, Result<(), String>)>,
    thread: Option<JoinHandle<()>>,
    trouble: Option<String>,
    begun: Timestamp,
    kept: Timestamp,
}

/// A shard to be written.
struct Job {
    shard: u32,
    head: Head,
    bytes: Vec<u8>,
}

/// What a file says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    form: u32,
    home: u64,
    at: Timestamp,
}

/// Why a file is not used.
#[derive(Debug, PartialEq, Eq)]
enum Unused {
    Missing,
    /// It is whole, and of no use.
    Other(&'static str),
    Damaged(String),
}

const MAGIC: &[u8; 8] = b"OSTIUM-B";
const HEAD: usize = MAGIC.len() + 4 + 8 + 8;
/// Behaviour older than this says little of today.
const OLDEST: Span = Span::from_secs(7 * 86_400);
/// Shards that may wait to be written.
const WAITING: usize = 2;
/// The fastest that compresses at all.
const LEVEL: i32 = 1;

// === impl Behaviour ===

impl Behaviour {
    /// Keeps all behaviour in this folder, once in `every`.
    ///
    /// # Errors
    /// When the folder cannot be made, or no thread be started.
    pub(crate) fn new(folder: &Path, every: Span, home: &[Prefix]) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let (jobs, todo) = sync_channel::<Job>(WAITING);
        let (told, done) = channel();
        let place = folder.to_owned();
        let thread = std::thread::Builder::new().name("behaviour".to_owned()).spawn(move || {
            for job in todo {
                let result = write(&place, &job).map_err(|error| error.to_string());
                if told.send((job.shard, result)).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self {
            folder: folder.to_owned(),
            every,
            home: home_print(home),
            shard: 0,
            due: Timestamp::ZERO,
            jobs: Some(jobs),
            done,
            thread: Some(thread),
            trouble: None,
            begun: Timestamp::ZERO,
            kept: Timestamp::ZERO,
        })
    }

    /// Has the engine remember what was kept; what to say of it.
    pub(crate) fn recall(&self, engine: &mut Engine, limit: u64, now: Timestamp) -> Vec<String> {
        let (mut recalled, mut others, mut said) = (0u32, Vec::new(), Vec::new());
        for shard in 0..SHARDS {
            let path = path_of(&self.folder, shard);
            let read = read(&path, limit, self.home, now).and_then(|bytes| {
                engine.recall(shard, bytes).map_err(|error| Unused::Damaged(error.to_string()))
            });
            match read {
                Ok(()) => recalled += 1,
                Err(Unused::Missing) => {}
                Err(Unused::Other(why)) => others.push(why),
                Err(Unused::Damaged(why)) => {
                    let aside = path.with_extension("damaged");
                    // It is in the way otherwise, and is said either way.
                    fs::rename(&path, &aside).ok();
                    said.push(format!(
                        "what was learned of some hosts cannot be read ({why}); it was set aside \
                         as {}, and they begin anew",
                        aside.display()
                    ));
                }
            }
        }
        if let Some(why) = others.first() {
            said.push(format!("what was learned before is not used: {why}; hosts begin anew"));
        }
        if recalled > 0 {
            said.push("what was learned of hosts before the restart is remembered".to_owned());
        }
        said
    }

    /// Keeps the next shard when it is due. What to say, if there is anything.
    pub(crate) fn step(&mut self, engine: &mut Engine, clock: Timestamp) -> Option<String> {
        let said = self.hear(engine);
        if clock < self.due || self.every == Span::ZERO {
            return said;
        }
        if self.shard == 0 {
            self.begun = clock;
        }
        self.give(engine, clock, false);
        self.shard = (self.shard + 1) % SHARDS;
        if self.shard == 0 && self.trouble.is_none() {
            self.kept = self.begun;
        }
        // A clock that was set back must not make it wait.
        self.due = clock.plus(Span::from_nanos(self.every.nanos() / u64::from(SHARDS)));
        said
    }

    /// Keeps all shards; after this nothing is kept any more.
    pub(crate) fn finish(&mut self, engine: &mut Engine, clock: Timestamp) -> Option<String> {
        if self.every != Span::ZERO {
            for shard in 0..SHARDS {
                self.shard = shard;
                self.give(engine, clock, true);
            }
        }
        drop(self.jobs.take());
        // A thread that panicked has written less, and said so itself.
        self.thread.take().map(|thread| thread.join().ok());
        self.hear(engine)
    }

    /// Since when all is kept; 0 when it is not yet.
    pub(crate) const fn kept(&self) -> Timestamp {
        self.kept
    }

    /// Other times from now on.
    pub(crate) const fn settle(&mut self, every: Span) {
        self.every = every;
        self.due = Timestamp::ZERO;
    }

    fn give(&self, engine: &mut Engine, at: Timestamp, wait: bool) {
        let shard = self.shard;
        let (Some(jobs), Ok(Some(bytes))) = (&self.jobs, engine.keep(shard)) else {
            return;
        };
        let job = Job { shard, head: Head { form: FORM, home: self.home, at }, bytes };
        let given = if wait { jobs.send(job).is_ok() } else { jobs.try_send(job).is_ok() };
        if !given {
            engine.keep_again(shard);
        }
    }

    /// Hears what came of writing.
    fn hear(&mut self, engine: &mut Engine) -> Option<String> {
        let mut said = None;
        while let Ok((shard, result)) = self.done.try_recv() {
            if result.is_err() {
                engine.keep_again(shard);
            }
            let trouble = result.err();
            if trouble.is_some() != self.trouble.is_some() {
                said = Some(match &trouble {
                    Some(why) => format!(
                        "what is learned of hosts is not kept over a restart: {why}; free the disk"
                    ),
                    None => "what is learned of hosts is kept over a restart again".to_owned(),
                });
            }
            self.trouble = trouble;
        }
        said
    }
}

// === impl Head ===

impl Head {
    fn bytes(self) -> [u8; HEAD] {
        let mut all = [0; HEAD];
        let numbers = self.form.to_le_bytes().into_iter();
        let numbers = numbers.chain(self.home.to_le_bytes()).chain(self.at.nanos().to_le_bytes());
        for (to, from) in all.iter_mut().zip(MAGIC.iter().copied().chain(numbers)) {
            *to = from;
        }
        all
    }

    fn of(bytes: &[u8; HEAD]) -> Option<Self> {
        let rest = bytes.strip_prefix(MAGIC)?;
        let (form, rest) = rest.split_first_chunk()?;
        let (home, rest) = rest.split_first_chunk()?;
        let (at, _) = rest.split_first_chunk()?;
        Some(Self {
            form: u32::from_le_bytes(*form),
            home: u64::from_le_bytes(*home),
            at: Timestamp::from_nanos(u64::from_le_bytes(*at)),
        })
    }

    /// Why it is of no use, if it is not.
    fn useless(self, home: u64, now: Timestamp) -> Option<&'static str> {
        if self.form != FORM {
            Some("it is of another version")
        } else if self.home != home {
            Some("what is inside has changed")
        } else if now.since(self.at) > OLDEST {
            Some("it is more than a week old")
        } else {
            None
        }
    }
}

fn path_of(folder: &Path, shard: u32) -> PathBuf {
    folder.join(format!("{shard:02}.hosts"))
}

fn write(folder: &Path, job: &Job) -> io::Result<()> {
    let path = path_of(folder, job.shard);
    let fresh = path.with_extension("new");
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(&job.head.bytes())?;
    let mut packer = zstd::stream::write::Encoder::new(file, LEVEL)?;
    packer.include_checksum(true)?;
    packer.write_all(&job.bytes)?;
    packer.finish()?.sync_all()?;
    fs::rename(&fresh, &path)?;
    File::open(folder)?.sync_all()
}

fn read(path: &Path, limit: u64, home: u64, now: Timestamp) -> Result<Vec<u8>, Unused> {
    let damaged = |error: io::Error| Unused::Damaged(error.to_string());
    let mut file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Unused::Missing,
        _ => damaged(error),
    })?;
    let mut head = [0; HEAD];
    file.read_exact(&mut head).map_err(damaged)?;
    let head = Head::of(&head).ok_or_else(|| Unused::Damaged("it is something else".to_owned()))?;
    if let Some(why) = head.useless(home, now) {
        return Err(Unused::Other(why));
    }
    let mut bytes = Vec::new();
    let unpacked = zstd::stream::read::Decoder::new(file).map_err(damaged)?;
    unpacked.take(limit + 1).read_to_end(&mut bytes).map_err(damaged)?;
    if bytes.len() as u64 > limit {
        return Err(Unused::Damaged("it is larger than the memory".to_owned()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests;
