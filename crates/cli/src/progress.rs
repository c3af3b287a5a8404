//! A progress bar on standard error, when that is a terminal: bytes, rate, time left.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ostium_eval::Step;
use ostium_event::Span;
use ostium_pipeline::Progress;

/// A bar, or nothing.
pub(crate) struct Bar {
    bar: ProgressBar,
}

/// A bar of event time, for a world that is being made.
pub(crate) struct WorldBar {
    bar: ProgressBar,
}

// === impl Bar ===

impl Bar {
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = ProgressBar::no_length();
        if quiet || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self { bar }
    }

    /// Shows how far reading has come.
    pub(crate) fn show(&self, progress: Progress) {
        if self.bar.is_hidden() {
            return;
        }
        if let (Some(total), None) = (progress.total, self.bar.length()) {
            self.bar.set_length(total);
            self.style("{wide_bar} {bytes}/{total_bytes}  {bytes_per_sec}  {eta} left  {msg}");
            self.bar.enable_steady_tick(Duration::from_millis(250));
        } else if progress.total.is_none() && self.bar.position() == 0 {
            self.style("{spinner} {bytes}  {bytes_per_sec}  {elapsed}  {msg}");
        }
        self.bar.set_position(progress.read);
        let message = match (progress.packets, progress.rows) {
            (0, rows) => format!("{rows} rows"),
            (packets, 0) => format!("{packets} packets"),
            (packets, rows) => format!("{packets} packets, {rows} rows"),
        };
        self.bar.set_message(message);
    }

    fn style(&self, template: &str) {
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

// === impl WorldBar ===

impl WorldBar {
    pub(crate) fn new(quiet: bool, length: Span) -> Self {
        let bar = ProgressBar::new(length.secs());
        if quiet || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {msg}  {elapsed}, {eta} left") {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// So much of the world's time has passed.
    pub(crate) fn reached(&self, passed: Span) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_position(passed.secs());
        self.bar.set_message(format!("day {:.2}", passed.secs_f64() / 86_400.0));
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// A bar over cases, with the names of those that run.
pub(crate) struct CaseBar {
    bar: ProgressBar,
    running: Vec<String>,
}

// === impl CaseBar ===

impl CaseBar {
    pub(crate) fn new(quiet: bool, cases: usize) -> Self {
        let bar = ProgressBar::new(cases as u64);
        if quiet || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        } else {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        let template = "{bar:30} {pos}/{len} cases  {elapsed}  {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar, running: Vec::new() }
    }

    /// Shows that a case begins or is done.
    pub(crate) fn show(&mut self, step: Step<'_>) {
        let running = &mut self.running;
        match step {
            Step::Begins(name) => running.push(name.to_owned()),
            Step::Done(name) => {
                running.retain(|other| other != name);
                self.bar.inc(1);
            }
        }
        self.bar.set_message(running.join(", "));
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// A bar over runs, with what they are about.
pub(crate) struct RunBar {
    bar: ProgressBar,
}

// === impl RunBar ===

impl RunBar {
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = ProgressBar::new(0);
        if quiet || !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let template = "{bar:30} {pos}/{len} worlds  {elapsed}  {wide_msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        Self { bar }
    }

    /// So many are over.
    pub(crate) fn show(&self, done: u64, of: u64, about: String) {
        self.bar.set_length(of);
        self.bar.set_position(done);
        self.bar.set_message(about);
    }

    /// Takes the bar away.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
