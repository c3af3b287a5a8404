//! A progress bar on standard error, when that is a terminal: bytes, rate, time left.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
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
