//! Bars along an axis, as a picture that is drawn here.
//!
//! Places are in percent and sizes of text in pixels, so that a chart fills any width and its words
//! stay readable. Every chart has a name and a description, and its caller puts a table of the same
//! numbers beside it.

use maud::{Markup, Render, html};

/// A chart of bars.
pub struct Bars {
    /// Unique on the page; marks its name.
    pub id: String,
    /// Its name.
    pub title: String,
    /// What it shows, in a sentence.
    pub about: String,
    /// The bars.
    pub bars: Vec<Bar>,
    /// Words below the axis, each with its place from 0 to 1.
    pub ticks: Vec<(f64, String)>,
    /// What the highest bar stands for.
    pub top: String,
    /// Which part of a longer time the axis is: its left edge and its width.
    pub part: Option<(f64, f64)>,
}

/// One bar; all places are shares of the whole.
pub struct Bar {
    /// Its left edge.
    pub left: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// What it says when pointed at.
    pub tip: String,
}

/// Pixels above the bars, of the highest bar, and below.
const ABOVE: f64 = 16.0;
const HIGH: f64 = 84.0;
const BELOW: f64 = 20.0;
/// Pixels of the strip that shows the part.
const STRIP: f64 = 12.0;
/// The narrowest bar, so that one hour of a month can be seen.
const THIN: f64 = 0.004;

// === impl Bars ===

impl Render for Bars {
    fn render(&self) -> Markup {
        let above = ABOVE + if self.part.is_some() { STRIP } else { 0.0 };
        let base = above + HIGH;
        html! {
            svg.plot role="img" aria-labelledby=(format!("{0}t {0}d", self.id))
                height=(base + BELOW) {
                title id=(format!("{}t", self.id)) { (self.title) }
                desc id=(format!("{}d", self.id)) { (self.about) }
                @if let Some((left, width)) = self.part {
                    rect.whole x="0" width="100%" y="1" height="5" rx="2" {}
                    rect.bar x=(percent(left.min(1.0 - THIN))) width=(percent(width.max(THIN))) y="1"
                        height="5" {}
                }
                line.grid x1="0" x2="100%" y1=(above) y2=(above) {}
                text x="0" y=(above - 4.0) { (self.top) }
                @for bar in &self.bars { (bar.drawn(base)) }
                line.zero x1="0" x2="100%" y1=(base) y2=(base) {}
                @for (at, words) in &self.ticks {
                    line.zero x1=(percent(*at)) x2=(percent(*at)) y1=(base) y2=(base + 4.0) {}
                    text x=(percent(*at)) y=(base + 17.0) text-anchor=(anchor(*at)) { (words) }
                }
            }
        }
    }
}

// === impl Bar ===

impl Bar {
    fn drawn(&self, base: f64) -> Markup {
        let width = self.width.max(THIN);
        // A bar that holds anything can be seen.
        let height = (HIGH * self.height).clamp(1.5, HIGH);
        let left = self.left.min(1.0 - width);
        html! {
            rect.bar x=(percent(left)) width=(percent(width)) y=(format!("{:.1}", base - height))
                height=(format!("{height:.1}")) { title { (self.tip) } }
        }
    }
}

/// A share as a percentage of the width.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2}%", share.clamp(0.0, 1.0) * 100.0)
}

/// On which side of its place a text stands, so that none leaves the picture.
pub(super) const fn anchor(at: f64) -> &'static str {
    match at {
        at if at < 0.1 => "start",
        at if at > 0.9 => "end",
        _ => "middle",
    }
}
