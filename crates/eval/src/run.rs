//! Running many cases: several at a time, each by one thread, so that no result depends on how many
//! there are.
//!
//! A case that crashes is a result. The product is built to abort when it panics, so the thread of
//! such a case is stopped where it stands, in the hook that every panic calls first: it tells what
//! happened and never goes on. Another thread takes its place; what it held is lost until the end.

use std::cell::RefCell;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Once};
use std::time::Duration;

use crate::case::{Outcome, judge_case};
use crate::manifest::Case;

/// How cases are run.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Cases at a time.
    pub threads: usize,
    /// Memory for the state of each.
    pub memory: u64,
}

/// What happens.
#[derive(Clone, Copy, Debug)]
pub enum Step<'a> {
    /// A case begins.
    Begins(&'a str),
    /// A case is done.
    Done(&'a str),
}

/// A case, and what came of it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The case.
    pub case: Case,
    /// What came of it.
    pub outcome: Outcome,
}

/// What judges one case; `None` when it was told to end.
type Judge = fn(&Case, &Path, u64, &dyn Fn() -> bool) -> Option<Outcome>;

/// What all threads share.
struct Work {
    cases: Vec<Case>,
    base: PathBuf,
    memory: u64,
    judge: Judge,
    next: AtomicUsize,
    ended: AtomicBool,
}

/// What a thread says.
enum News {
    Begins(usize),
    Done(usize, Option<Outcome>),
    /// The thread itself is lost.
    Crashed(usize, String),
    /// There is no more work for it.
    Idle,
}

thread_local! {
    /// The case that this thread runs, and who wants to hear of its end.
    static RUNNING: RefCell<Option<(usize, Sender<News>)>> = const { RefCell::new(None) };
}

/// How often it is asked whether to go on.
const ASKED: Duration = Duration::from_millis(100);

/// Runs cases whose paths begin at `base`; those that `go_on` ended are left out. The order is that
/// of the cases.
pub fn run(
    cases: &[Case],
    base: &Path,
    options: Options,
    tell: &mut dyn FnMut(Step<'_>),
    go_on: &dyn Fn() -> bool,
) -> Vec<Tried> {
    run_by(judge_case, cases, base, options, tell, go_on)
}

pub(crate) fn run_by(
    judge: Judge,
    cases: &[Case],
    base: &Path,
    options: Options,
    tell: &mut dyn FnMut(Step<'_>),
    go_on: &dyn Fn() -> bool,
) -> Vec<Tried> {
    let work = Arc::new(Work {
        cases: cases.to_vec(),
        base: base.to_path_buf(),
        memory: options.memory,
        judge,
        next: AtomicUsize::new(0),
        ended: AtomicBool::new(false),
    });
    catch_crashes();
    let (sender, news) = channel();
    let threads = options.threads.clamp(1, cases.len().max(1));
    (0..threads).for_each(|_| start(&work, &sender));
    let outcomes = listen(&work, &sender, &news, threads, tell, go_on);
    let both = cases.iter().zip(outcomes);
    both.filter_map(|(case, outcome)| Some(Tried { case: case.clone(), outcome: outcome? }))
        .collect()
}

/// Hears of all cases until no thread is left.
fn listen(
    work: &Arc<Work>,
    sender: &Sender<News>,
    news: &Receiver<News>,
    mut threads: usize,
    tell: &mut dyn FnMut(Step<'_>),
    go_on: &dyn Fn() -> bool,
) -> Vec<Option<Outcome>> {
    let name = |place: usize| work.cases.get(place).map_or("", |case| case.name.as_str());
    let mut outcomes = vec![None; work.cases.len()];
    while threads > 0 {
        match news.recv_timeout(ASKED) {
            Ok(News::Begins(place)) => tell(Step::Begins(name(place))),
            Ok(News::Done(place, outcome)) => {
                tell(Step::Done(name(place)));
                keep(&mut outcomes, place, outcome);
            }
            Ok(News::Crashed(place, why)) => {
                tell(Step::Done(name(place)));
                keep(&mut outcomes, place, Some(Outcome::Crashed(why)));
                start(work, sender);
            }
            Ok(News::Idle) => threads -= 1,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if !go_on() {
            work.ended.store(true, Ordering::Relaxed);
        }
    }
    outcomes
}

fn keep(outcomes: &mut [Option<Outcome>], place: usize, outcome: Option<Outcome>) {
    if let Some(slot) = outcomes.get_mut(place) {
        *slot = outcome;
    }
}

/// Starts a thread that takes case after case. It is not waited for: it says when it is done.
fn start(work: &Arc<Work>, sender: &Sender<News>) {
    let (work, sender) = (Arc::clone(work), sender.clone());
    std::thread::spawn(move || {
        let go_on = || !work.ended.load(Ordering::Relaxed);
        // Nobody listens any more once all is over.
        let say = |news| sender.send(news).is_ok();
        while go_on() {
            let place = work.next.fetch_add(1, Ordering::Relaxed);
            let Some(case) = work.cases.get(place) else { break };
            say(News::Begins(place));
            RUNNING.set(Some((place, sender.clone())));
            let outcome = (work.judge)(case, &work.base, work.memory, &go_on);
            RUNNING.set(None);
            say(News::Done(place, outcome));
        }
        say(News::Idle);
    });
}

/// Sets the hook for the rest of the process: it cannot be taken back while a thread stands in it,
/// and means nothing to threads that run no case.
fn catch_crashes() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            before(info);
            stop_here(info);
        }));
    });
}

/// In the hook of a panic: a thread that runs a case tells of it and stands still for ever.
fn stop_here(info: &PanicHookInfo<'_>) {
    let running = RUNNING.try_with(|running| running.borrow_mut().take());
    let Some((place, sender)) = running.ok().flatten() else { return };
    let payload = info.payload();
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let what = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("a panic");
    let at = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
    if sender.send(News::Crashed(place, format!("{what} ({at})"))).is_err() {
        return;
    }
    loop {
        std::thread::park();
    }
}
