//! `cargo xtask picture`: what `ostium demo` prints and writes, as the pictures of the README.
//!
//! The product prints no colours into a pipe, so the colours that it has on a terminal are put back
//! here: hosts bold, verdicts red and yellow. Suspect hosts are left out, and the picture says so.
//! Every piece of text has its length in columns, and rules are drawn as lines, so that the table
//! stands straight in any font. The same report gives the same bytes.

mod screens;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::Outcome;
use crate::args::Args;
use crate::product::release;
use crate::run::run;

pub(crate) const HELP: &str = "\
usage: cargo xtask picture

Builds the release, runs `ostium demo`, draws what it prints into docs/demo.svg, and takes
pictures of the page that it writes (docs/report-page.png, docs/report-phone.png).
The pictures of the page need Chromium; optipng makes them smaller where it is installed.";

const PICTURE: &str = "docs/demo.svg";
const COLUMNS: usize = 110;

/// Sizes in pixels.
const CELL: f64 = 8.4;
const ROW: f64 = 19.0;
const EDGE: f64 = 18.0;
const BAR: f64 = 34.0;

const FONT: &str = "ui-monospace,SFMono-Regular,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Plain,
    Bold,
    Dim,
    Red,
    Yellow,
    Green,
}

/// A line of the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Line {
    /// Pieces, each with the column where it begins.
    Text(Vec<(usize, String, Look)>),
    /// A rule over the whole width; doubled below the heads of a table.
    Rule { double: bool },
}

pub(crate) fn main(root: &Path, args: Args) -> Outcome {
    args.done()?;
    let product = release(root)?;
    let mut command = Command::new(&product);
    command.args(["demo", "--alone"]).env("NO_COLOR", "1");
    let ran = run(root, &mut command, Duration::from_secs(120))?;
    if !ran.is_ok() {
        return Err(format!("ostium demo failed: {}\n{}", ran.reason(), ran.output).into());
    }
    let picture = svg(&lines(&ran.output));
    std::fs::write(root.join(PICTURE), picture)
        .map_err(|e| format!("cannot write {PICTURE}: {e}"))?;
    println!("wrote {PICTURE}");
    screens::take(root, &product)?;
    Ok(true)
}

/// The lines to draw: the prompt, the report without its suspects, the truth.
fn lines(report: &str) -> Vec<Line> {
    let mut all =
        vec![Line::Text(vec![(0, "$".into(), Look::Green), (2, "ostium demo".into(), Look::Bold)])];
    let mut verdicts = 0;
    let mut suspects = 0;
    for text in report.lines() {
        if text.trim_start().starts_with("Next:") {
            break;
        }
        // Below the table everything is shown again.
        if text.is_empty() && suspects > 0 && verdicts > 0 {
            all.push(left_out(suspects));
            (verdicts, suspects) = (0, 0);
        }
        verdicts = text.find(" Verdict ").map_or(verdicts, |at| at + 1);
        if verdicts > 0 && cell(text, verdicts) == "suspect" {
            suspects += 1;
        }
        if suspects == 0 {
            all.push(line(text, verdicts));
        }
    }
    while all.last().is_some_and(|line| *line == Line::Text(Vec::new())) {
        all.pop();
    }
    all
}

fn left_out(suspects: usize) -> Line {
    let text = format!("and {suspects} suspects below them, left out of this picture");
    Line::Text(vec![(1, text, Look::Dim)])
}

/// The word of a line that begins at this column.
fn cell(text: &str, column: usize) -> &str {
    text.get(column..).and_then(|rest| rest.split_whitespace().next()).unwrap_or_default()
}

/// One line with its colours; `verdicts` is the column of the verdicts, 0 outside the table.
fn line(text: &str, verdicts: usize) -> Line {
    let text = text.trim_end();
    for (rule, double) in [('─', false), ('═', true)] {
        if !text.is_empty() && text.chars().all(|c| c == rule) {
            return Line::Rule { double };
        }
    }
    let verdict = if verdicts > 0 { cell(text, verdicts) } else { "" };
    let look = match verdict {
        "infected" => Look::Red,
        "suspect" => Look::Yellow,
        _ => Look::Plain,
    };
    let mut pieces = Vec::new();
    let mut add = |from: usize, to: usize, look: Look| {
        let part = text.get(from..to).unwrap_or_default();
        pieces.extend(apart(part).map(|(at, words)| (from + at, words.to_owned(), look)));
    };
    if look == Look::Plain {
        let heading = verdict == "Verdict" || text.contains(" inside host");
        add(0, text.len(), if heading { Look::Bold } else { Look::Plain });
    } else {
        let end = verdicts + verdict.len();
        add(0, verdicts, Look::Bold);
        add(verdicts, end, look);
        add(end, text.len(), Look::Plain);
    }
    Line::Text(pieces)
}

/// The pieces of a text that lie two blanks or more apart, with their places: fonts may not keep
/// several blanks, but each piece gets a column of its own.
fn apart(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = text.get(from..)?;
        let start = from + rest.find(|c: char| c != ' ')?;
        let rest = text.get(start..)?;
        let end = start + rest.find("  ").unwrap_or_else(|| rest.trim_end().len());
        from = end;
        Some((start, text.get(start..end)?))
    })
}

fn svg(lines: &[Line]) -> String {
    let width = CELL.mul_add(COLUMNS as f64, 2.0 * EDGE);
    let height = ROW.mul_add(lines.len() as f64, BAR + EDGE);
    let mut out = String::new();
    let _always = write!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-labelledby=\"t\">\n\
         <title id=\"t\">A terminal: ostium demo names three infected hosts and says why</title>\n\
         <style>text{{font:13.5px {FONT};fill:#d5dbe3;white-space:pre}}\
         .b{{font-weight:700;fill:#fff}}.d{{fill:#8b97a5}}.r{{font-weight:700;fill:#ff7b72}}\
         .y{{fill:#e3b341}}.g{{font-weight:700;fill:#7ee787}}line{{stroke:#5b6675}}</style>\n\
         <rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"9\" fill=\"#10151c\"/>\n"
    );
    for (at, colour) in ["#ff5f57", "#febc2e", "#28c840"].iter().enumerate() {
        let x = 20.0f64.mul_add(at as f64, EDGE + 4.0);
        let _always = writeln!(out, "<circle cx=\"{x}\" cy=\"17\" r=\"5.5\" fill=\"{colour}\"/>");
    }
    for (at, line) in lines.iter().enumerate() {
        draw(&mut out, line, ROW.mul_add(at as f64, BAR));
    }
    out.push_str("</svg>\n");
    out
}

/// One line whose upper edge is at `top`.
fn draw(out: &mut String, line: &Line, top: f64) {
    match line {
        Line::Rule { double } => {
            let middle = top + ROW / 2.0;
            let ends = (EDGE, CELL.mul_add(COLUMNS as f64, EDGE));
            let apart: &[f64] = if *double { &[-1.5, 1.5] } else { &[0.0] };
            for y in apart.iter().map(|apart| middle + apart) {
                let _always = writeln!(
                    out,
                    "<line x1=\"{}\" x2=\"{:.1}\" y1=\"{y}\" y2=\"{y}\"/>",
                    ends.0, ends.1
                );
            }
        }
        Line::Text(pieces) => {
            for (column, text, look) in pieces {
                let x = CELL.mul_add(*column as f64, EDGE);
                let length = CELL * text.chars().count() as f64;
                let _always = writeln!(
                    out,
                    "<text x=\"{x:.1}\" y=\"{}\" textLength=\"{length:.1}\"{}>{}</text>",
                    top + 14.0,
                    look.class(),
                    escape(text)
                );
            }
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

// === impl Look ===

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => " class=\"b\"",
            Self::Dim => " class=\"d\"",
            Self::Red => " class=\"r\"",
            Self::Yellow => " class=\"y\"",
            Self::Green => " class=\"g\"",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "\
1 infected, 1 suspect of 3 inside hosts

─────
 Host       Verdict    Evidence
═════
 10.0.0.1   infected   +4.0 beacon: calls <a> & b
─────
 10.0.0.2   suspect    +3.0 beacon
─────

Against the truth:
  1 of 1 found

Next:
  more
";

    fn words(lines: &[Line]) -> Vec<String> {
        let words = |line: &Line| match line {
            Line::Rule { .. } => "-".to_owned(),
            Line::Text(pieces) => {
                pieces.iter().map(|(_, text, _)| text.as_str()).collect::<Vec<_>>().join("|")
            }
        };
        lines.iter().map(words).collect()
    }

    #[test]
    fn suspects_are_left_out_and_the_picture_says_so() {
        let all = words(&lines(REPORT)).join("\n");
        assert!(!all.contains("10.0.0.2"), "{all}");
        assert!(all.contains("and 1 suspects below them"), "{all}");
        assert!(all.contains("1 of 1 found"), "{all}");
        assert!(!all.contains("Next"), "{all}");
    }

    #[test]
    fn a_verdict_has_its_colour_and_its_column() {
        let Line::Text(pieces) = line(" 10.0.0.1   infected   +4.0", 12) else { unreachable!() };
        let looks: Vec<_> = pieces.iter().map(|(at, _, look)| (*at, *look)).collect();
        assert_eq!(looks, [(1, Look::Bold), (12, Look::Red), (23, Look::Plain)]);
    }

    #[test]
    fn what_lies_apart_keeps_its_column() {
        let pieces: Vec<_> = apart("  found   10.0.0.1  by a rat ").collect();
        assert_eq!(pieces, [(2, "found"), (10, "10.0.0.1"), (20, "by a rat")]);
        assert_eq!(apart("   ").count(), 0);
    }

    #[test]
    fn text_is_escaped_and_rules_are_drawn() {
        let picture = svg(&lines(REPORT));
        assert!(picture.contains("calls &lt;a&gt; &amp; b</text>"), "{picture}");
        assert!(picture.contains("<line ") && !picture.contains('─'), "{picture}");
    }
}
