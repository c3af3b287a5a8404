//! One block: what, how long, on whose word, and why.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use ostium_event::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Target;

/// What is done about what is known. Each step includes what is seen on the step before.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Watch and report only.
    #[default]
    Observe,
    /// Keep, and show, what would have been blocked.
    Simulate,
    /// Block.
    Block,
}

/// On whose word a block stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Evidence of the site's own detectors.
    Detector,
    /// The intelligence of the hub.
    Hub,
    /// An indicator of the feed of this name.
    Indicator(Arc<str>),
    /// A person at the site.
    Operator,
}

/// A target that is to be blocked from one time to another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Block {
    /// What is blocked.
    pub target: Target,
    /// Since when.
    pub since: Timestamp,
    /// Until when; every block ends.
    pub until: Timestamp,
    /// On whose word.
    pub origin: Origin,
    /// Why, in one line.
    pub because: String,
    /// The evidence, one line each; not more than [`MOST_EVIDENCE`].
    #[serde(default)]
    pub evidence: Vec<String>,
    /// What is done about it.
    pub mode: Mode,
}

/// A block keeps no more lines of evidence.
pub const MOST_EVIDENCE: usize = 8;
/// No line is longer, in characters.
const LONGEST_LINE: usize = 300;

// === impl Mode ===

impl Mode {
    /// `observe`, `simulate` or `block`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Simulate => "simulate",
            Self::Block => "block",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

// === impl Origin ===

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Detector => f.write_str("detector"),
            Self::Hub => f.write_str("hub"),
            Self::Indicator(feed) => write!(f, "indicator of {feed}"),
            Self::Operator => f.write_str("operator"),
        }
    }
}

// === impl Block ===

impl Block {
    /// A block of `target` for a time, with nothing but its reason.
    pub fn new(target: Target, origin: Origin, mode: Mode, now: Timestamp, span: Span) -> Self {
        let until = now.plus(span);
        let because = String::new();
        Self { target, since: now, until, origin, because, evidence: Vec::new(), mode }
    }

    /// The same with a reason; made one line.
    #[must_use]
    pub fn because(mut self, why: &str) -> Self {
        self.because = one_line(why);
        self
    }

    /// The same with lines of evidence: each made one line, sorted, the same line once, the first
    /// [`MOST_EVIDENCE`] kept.
    #[must_use]
    pub fn with_evidence<'a>(mut self, lines: impl IntoIterator<Item = &'a str>) -> Self {
        self.evidence.extend(lines.into_iter().map(one_line));
        self.tidy_evidence();
        self
    }

    /// Does it hold at this time?
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// The union of two blocks of one target: the longer time, the sterner mode, the evidence of
    /// both, and the origin and reason of the stronger (a person before a machine). The same
    /// whichever comes first.
    #[must_use]
    pub fn merged(mut self, mut other: Self) -> Self {
        if self.rank(&other) == Ordering::Less {
            std::mem::swap(&mut self, &mut other);
        }
        self.since = self.since.min(other.since);
        self.until = self.until.max(other.until);
        self.mode = self.mode.max(other.mode);
        self.evidence.append(&mut other.evidence);
        self.tidy_evidence();
        self
    }

    /// Whose reason is told. Only of what a union leaves as it was, or the order would matter.
    fn rank(&self, other: &Self) -> Ordering {
        (&self.origin, &self.because).cmp(&(&other.origin, &other.because))
    }

    fn tidy_evidence(&mut self) {
        self.evidence.sort_unstable();
        self.evidence.dedup();
        self.evidence.truncate(MOST_EVIDENCE);
    }
}

/// Text as one bounded line that steers no terminal.
fn one_line(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().take(LONGEST_LINE).map(clean).collect()
}
