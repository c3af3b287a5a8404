//! What happened last, for people who ask; and one line each on standard error.

use std::collections::VecDeque;
use std::io::Write;

use ostium_event::Timestamp;
use ostium_sensor_api::{Matter, NewsRow};
use ostium_verdict::Target;

/// The latest pieces of news.
#[derive(Debug, Default)]
pub(crate) struct News {
    rows: VecDeque<NewsRow>,
    /// Say them on standard error too.
    pub(crate) aloud: bool,
}

/// Pieces kept.
const KEPT: usize = 500;

// === impl News ===

impl News {
    /// Something happened. The same about the same, said again, is no news.
    pub(crate) fn tell(
        &mut self,
        at: Timestamp,
        matter: Matter,
        target: Option<&Target>,
        said: impl Into<String>,
    ) {
        let row = NewsRow { at: at.secs(), matter, target: target.cloned(), said: said.into() };
        let same = |old: &NewsRow| {
            old.matter == row.matter && old.target == row.target && old.said == row.said
        };
        if self.rows.iter().take(50).any(same) {
            return;
        }
        if self.aloud {
            // Nobody reads it when standard error is closed.
            writeln!(std::io::stderr().lock(), "ostium: {}", row.said).ok();
        }
        self.rows.push_front(row);
        self.rows.truncate(KEPT);
    }

    /// The latest, the last first.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &NewsRow> {
        self.rows.iter()
    }
}
