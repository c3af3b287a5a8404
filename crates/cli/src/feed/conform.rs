//! `ostium feed conform`: an implementation of the feed against the scenarios that any must hold.
//!
//! Bias: the implementation may hang, die, talk too much or talk nonsense; each is one failed
//! scenario, and the next begins with a new process.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use crate::fail::Fail;
use crate::feed::args::ConformArgs;
use crate::feed::talk::{Answer, Book, Said, Scenario};
use crate::output::print;

/// No answer is longer.
const LONGEST_LINE: u64 = 64 << 10;

/// A running implementation.
struct Subject {
    child: Child,
    to: Option<ChildStdin>,
    lines: Receiver<String>,
    patience: Duration,
}

/// Plays the scenarios and says which hold.
pub(super) fn run(args: &ConformArgs) -> Result<ExitCode, Fail> {
    let book: Book = serde_json::from_str(ostium_feed::VECTORS)
        .map_err(|error| Fail::new(format!("cannot read the scenarios: {error}")))?;
    if let Some(wrong) =
        args.only.iter().find(|only| !book.scenarios.iter().any(|s| s.name == **only))
    {
        return Err(Fail::new(format!("no scenario is called '{wrong}'; --list names them")));
    }
    let chosen = |s: &&Scenario| args.only.is_empty() || args.only.contains(&s.name);
    let scenarios: Vec<&Scenario> = book.scenarios.iter().filter(chosen).collect();
    if args.list {
        for scenario in scenarios {
            print(&format!("{:<24} {}\n", scenario.name, scenario.about))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut held = 0;
    for scenario in &scenarios {
        let line = match play(scenario, args)? {
            None => {
                held += 1;
                format!("holds  {}\n", scenario.name)
            }
            Some(why) => format!("FAILS  {} ({}): {why}\n", scenario.name, scenario.about),
        };
        print(&line)?;
    }
    print(&format!("{held} of {} scenarios hold\n", scenarios.len()))?;
    Ok(if held == scenarios.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Why a scenario fails, if it does.
fn play(scenario: &Scenario, args: &ConformArgs) -> Result<Option<String>, Fail> {
    let mut subject = Subject::start(args)?;
    let (scenario_name, feed, root) =
        (scenario.name.clone(), scenario.feed.clone(), scenario.root.clone());
    if let Err(why) = subject.say(&Said::New { scenario: scenario_name, feed, root }) {
        return Ok(Some(why));
    }
    for (at, step) in scenario.steps.iter().enumerate() {
        let answer = subject.say(&step.said).and_then(|()| subject.hear());
        let why = match answer {
            Ok(answer) if answer == step.expect => continue,
            Ok(answer) => {
                format!("answered {}, and {} is right", json(&answer), json(&step.expect))
            }
            Err(why) => why,
        };
        return Ok(Some(format!("step {} of {}: {why}", at + 1, scenario.steps.len())));
    }
    Ok(None)
}

fn json(answer: &Answer) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}

// === impl Subject ===

impl Subject {
    fn start(args: &ConformArgs) -> Result<Self, Fail> {
        let (program, options) =
            args.command.split_first().ok_or_else(|| Fail::new("no command given"))?;
        let mut command = Command::new(program);
        command.args(options).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| Fail::new(format!("cannot start {program}: {error}")))?;
        let to = child.stdin.take();
        let (tell, lines) = sync_channel(1);
        if let Some(from) = child.stdout.take() {
            // Ends with the pipe, or with the receiver.
            std::thread::spawn(move || {
                let mut from = BufReader::new(from);
                loop {
                    let mut line = Vec::new();
                    let read = from.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
                    let line = String::from_utf8_lossy(&line).trim_end().to_owned();
                    if !read.is_ok_and(|bytes| bytes > 0) || tell.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        Ok(Self { child, to, lines, patience: args.timeout })
    }

    fn say(&mut self, said: &Said) -> Result<(), String> {
        let mut line = serde_json::to_string(said).map_err(|error| error.to_string())?;
        line.push('\n');
        let Some(mut to) = self.to.take() else {
            return Err("it takes no more lines".to_owned());
        };
        // A thread, for a subject that does not read would hold us up for ever.
        let (tell, written) = sync_channel(1);
        std::thread::spawn(move || {
            let done = to.write_all(line.as_bytes()).and_then(|()| to.flush());
            drop(tell.send(done.map(|()| to)));
        });
        match written.recv_timeout(self.patience) {
            Ok(Ok(to)) => self.to = Some(to),
            Ok(Err(_)) => return Err("it ended, or closed its standard input".to_owned()),
            Err(_) => return Err(format!("it did not read within {:?}", self.patience)),
        }
        Ok(())
    }

    fn hear(&self) -> Result<Answer, String> {
        let line = self.lines.recv_timeout(self.patience).map_err(|error| match error {
            RecvTimeoutError::Timeout => format!("no answer within {:?}", self.patience),
            RecvTimeoutError::Disconnected => "it ended without an answer".to_owned(),
        })?;
        let shown: String = line.chars().take(200).flat_map(char::escape_debug).collect();
        serde_json::from_str(&line).map_err(|_| format!("its answer is none: {shown}"))
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
