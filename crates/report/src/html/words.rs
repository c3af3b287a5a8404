//! Text and numbers as the page shows them.
//!
//! Everything that is shown goes through [`Shown`] or the escaping of the templates: names come from
//! the wire and may want to be markup, turn the direction of writing, or fill the screen.

use maud::{Markup, Render, html};

use crate::text::{escape, trimmed};

/// Text from outside, made safe to look at: what cannot be seen is made visible, the direction of
/// writing stays inside, and what is very long is cut.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a str);

/// Characters shown of one text.
const MOST: usize = 300;

const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;

// === impl Shown ===

impl Render for Shown<'_> {
    fn render(&self) -> Markup {
        html! { bdi { (self.plain()) } }
    }
}

impl Shown<'_> {
    /// The same as plain text, for what holds no markup, such as titles.
    pub fn plain(&self) -> String {
        let length = self.0.chars().count();
        if length <= MOST {
            return escape(self.0);
        }
        let head: String = self.0.chars().take(MOST).collect();
        format!("{}\u{2026} ({} characters more)", escape(&head), length - MOST)
    }
}

/// A number behind evidence: small ones keep what they have.
pub(super) fn number(number: f64) -> String {
    if number != 0.0 && number.abs() < 0.1 { trimmed(number, 6) } else { trimmed(number, 3) }
}

/// Seconds since the epoch of a time in RFC 3339.
pub(super) fn seconds(time: &str) -> Option<f64> {
    let time: jiff::Timestamp = time.parse().ok()?;
    Some(time.as_millisecond() as f64 / 1e3)
}

/// A time in UTC as exact as a span of so many seconds needs it.
pub(super) fn clock_within(secs: f64, span: f64) -> String {
    let Ok(time) = jiff::Timestamp::from_second(secs as i64) else {
        return String::new();
    };
    let form = match span {
        s if s < 2.0 * HOUR => "%H:%M:%S",
        s if s < DAY => "%H:%M",
        _ => "%m-%d %H:%M",
    };
    time.strftime(form).to_string()
}

/// A time in RFC 3339 as people read it; what is no time is shown as it is.
pub(super) fn when(time: &str) -> Markup {
    match time.parse::<jiff::Timestamp>() {
        Ok(at) => {
            let short = at.strftime("%Y-%m-%d %H:%M:%S").to_string();
            html! { time.num datetime=(at) { (short) } }
        }
        Err(_) => html! { (Shown(time)) },
    }
}

/// The look of a verdict: its name in the style.
pub(super) fn look(verdict: &str) -> &'static str {
    match verdict {
        "infected" => "infected",
        "suspect" => "suspect",
        _ => "clean",
    }
}

/// A thing and how many there are of it.
pub(super) fn several(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", crate::text::count(count), if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noughts_go_but_tens_stay() {
        assert_eq!((trimmed(100.0, 0), trimmed(2.50, 2)), ("100".to_owned(), "2.5".to_owned()));
        assert_eq!((number(0.042_668), number(358.0)), ("0.042668".to_owned(), "358".to_owned()));
    }

    #[test]
    fn what_is_long_is_cut_and_says_so() {
        let long = "\u{202e}".repeat(10_000);
        let shown = Shown(&long).plain();
        assert!(shown.ends_with("(9700 characters more)"), "{shown}");
        assert!(!shown.contains('\u{202e}'));
    }
}
