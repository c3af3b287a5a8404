//! The table of docs/fuzzing.md.

use std::error::Error;
use std::fs;
use std::path::Path;

use super::target::Run;

const BEGIN: &str = "<!-- written by `cargo xtask fuzz --write` -->";
const HEAD: &str = "| target | executions | a second | edges | seconds | ended by | found |\n\
    |---|--:|--:|--:|--:|---|---|\n";

/// Replaces the rows of the targets that ran; the others stay as they were.
pub(super) fn write(root: &Path, runs: &[(String, Run)]) -> Result<(), Box<dyn Error>> {
    let path = root.join("docs").join("fuzzing.md");
    let page = fs::read_to_string(&path)?;
    let (text, old) = page.split_once(BEGIN).ok_or("docs/fuzzing.md has no place for the table")?;
    fs::write(&path, format!("{text}{BEGIN}\n\n{HEAD}{}", rows(old, runs)))?;
    println!("written: docs/fuzzing.md");
    Ok(())
}

fn rows(old: &str, runs: &[(String, Run)]) -> String {
    let name = |row: &str| row.split('|').nth(1).unwrap_or_default().trim().to_owned();
    let kept = old.lines().filter(|line| line.starts_with("| ")).skip(1);
    let kept = kept.filter(|row| !runs.iter().any(|(new, _)| *new == name(row)));
    let mut rows: Vec<String> = kept.map(str::to_owned).collect();
    rows.extend(runs.iter().map(|(name, run)| row(name, run)));
    rows.sort();
    rows.join("\n") + "\n"
}

fn row(name: &str, run: &Run) -> String {
    let rate = run.figures.executions as f64 / run.seconds.max(0.1);
    let (ended, found) = match (&run.found, run.quiet) {
        (Some(_), _) => ("finding", "yes"),
        (None, true) => ("quiet", "nothing"),
        (None, false) => ("time", "nothing"),
    };
    format!(
        "| {name} | {} | {rate:.0} | {} | {:.0} | {ended} | {found} |",
        run.figures.executions, run.figures.edges, run.seconds
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_ran_replace_those_before() {
        let before = "| dns | 1 | 1 | 1 | 1 | quiet | nothing |\n";
        let old = format!("\n\n{HEAD}{before}| tls | 2 | 2 | 2 | 2 | finding | yes |\n");
        let run = Run { seconds: 2.0, ..Run::default() };
        let new = rows(&old, &[("tls".to_owned(), run)]);
        assert_eq!(new, format!("{before}| tls | 0 | 0 | 0 | 2 | time | nothing |\n"));
    }

    #[test]
    fn a_row_tells_what_ended_it() {
        let quiet = Run { quiet: true, ..Run::default() };
        assert!(row("dns", &quiet).ends_with("| quiet | nothing |"));
        let found = Run { found: Some("panicked".to_owned()), ..Run::default() };
        assert!(row("dns", &found).ends_with("| finding | yes |"));
    }
}
