//! `cargo xtask bench`: `ostium analyze` against nfpcapd on one capture, turn by turn.
//!
//! The two run alternately, so that a machine that slows down slows both, and the ratio is taken
//! pair by pair. One unmeasured read of the file comes first: the figures are of a warm cache.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use crate::Outcome;
use crate::args::Args;
use crate::measure::{Program, Sample, Scratch, sample, spread};
use crate::run::{cargo, succeeds};

pub(crate) const HELP: &str = "\
usage: cargo xtask bench FILE [--runs N] [--no-build]

Builds the release and times, N times each in turn (default 5):
  ostium analyze FILE --threads 1, nfpcapd -r FILE, ostium with 2 threads, and reading the file.
Prints a Markdown table: wall time, user and system time, peak memory, and the ratio of the first
two pair by pair. Without nfpcapd its rows are left out.";

/// A program and what was measured of it.
struct Row {
    program: Program,
    samples: Vec<Sample>,
}

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    let runs = args.count("--runs", 5)?;
    let no_build = args.switch("--no-build");
    let file = args.position().ok_or("no capture given; see --help")?;
    args.done()?;
    let file = Path::new(&file).canonicalize();
    let file = file.map_err(|e| format!("cannot find the capture: {e}"))?;
    if !no_build {
        let words = ["build", "--release", "--package", "ostium-cli"];
        if !cargo(root, &words).status()?.success() {
            return Err("cannot build the release".into());
        }
    }
    let scratch = Scratch::new("bench")?;
    let mut rows = programs(root, &file, &scratch.0)
        .into_iter()
        .map(|program| Row { program, samples: Vec::new() })
        .collect::<Vec<_>>();
    if let Some(reader) = rows.last() {
        sample(&reader.program, &scratch.0)?;
    }
    measure(&mut rows, runs, &scratch.0)?;
    let bytes = std::fs::metadata(&file)?.len();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    print!("{}", table(&rows, &name, bytes));
    Ok(true)
}

/// First `ostium`, then its rival, then the rest; the plain reader last.
fn programs(root: &Path, file: &Path, scratch: &Path) -> Vec<Program> {
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let binary = target.join("release").join("ostium");
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let ostium = |threads: &str| Program {
        title: format!("ostium --threads {threads}"),
        words: [&text(&binary), "analyze", &text(file), "--threads", threads]
            .into_iter()
            .chain(["--format", "json"])
            .map(str::to_owned)
            .collect(),
    };
    let mut list = vec![ostium("1")];
    if succeeds(std::process::Command::new("nfpcapd").arg("-V")) {
        list.push(Program {
            title: "nfpcapd".into(),
            words: ["nfpcapd", "-r", &text(file), "-w", &text(scratch)].map(str::to_owned).to_vec(),
        });
    }
    list.push(ostium("2"));
    list.push(Program { title: "cat".into(), words: vec!["cat".into(), text(file)] });
    list
}

fn measure(rows: &mut [Row], runs: usize, scratch: &Path) -> Result<(), Box<dyn Error>> {
    for turn in 1..=runs {
        eprintln!("     turn {turn} of {runs}");
        for row in &mut *rows {
            row.samples.push(sample(&row.program, scratch)?);
        }
    }
    Ok(())
}

fn table(rows: &[Row], name: &str, bytes: u64) -> String {
    let mut out = format!("{name}, {:.1} MB, warm cache\n\n", bytes as f64 / 1e6);
    out.push_str("| program | wall s min | median | max | user+sys s | peak MiB | MB/s |\n");
    out.push_str("|---|---|---|---|---|---|---|\n");
    for row in rows {
        line(&mut out, row, bytes);
    }
    if let [ours, rival, ..] = rows
        && rival.program.title == "nfpcapd"
    {
        let pairs = ours.samples.iter().zip(&rival.samples);
        if let Some((low, mid, high)) = spread(pairs.map(|(a, b)| a.wall / b.wall)) {
            let _always = writeln!(
                out,
                "\nwall time over nfpcapd's, pair by pair: {low:.2} / {mid:.2} / {high:.2} \
                 (min / median / max)"
            );
        }
    }
    out
}

fn line(out: &mut String, row: &Row, bytes: u64) {
    let Some((low, mid, high)) = spread(row.samples.iter().map(|s| s.wall)) else {
        return;
    };
    let cpu = spread(row.samples.iter().filter_map(|s| s.cpu));
    let cpu = cpu.map_or_else(|| "-".into(), |(_, median, _)| format!("{median:.2}"));
    let memory = row.samples.iter().filter_map(|s| s.memory).max();
    let memory = memory.map_or_else(|| "-".into(), |m| format!("{:.1}", m as f64 / 1_048_576.0));
    let rate = bytes as f64 / 1e6 / mid.max(1e-9);
    let title = &row.program.title;
    let _always = writeln!(
        out,
        "| {title} | {low:.3} | {mid:.3} | {high:.3} | {cpu} | {memory} | {rate:.0} |"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(title: &str, walls: &[f64]) -> Row {
        Row {
            program: Program { title: title.into(), words: Vec::new() },
            samples: walls
                .iter()
                .map(|&wall| Sample { wall, cpu: Some(wall / 2.0), memory: Some(3 << 20) })
                .collect(),
        }
    }

    #[test]
    fn the_ratio_is_taken_pair_by_pair() {
        let rows = [row("ostium", &[1.0, 3.0, 2.0]), row("nfpcapd", &[2.0, 3.0, 8.0])];
        let text = table(&rows, "a.pcap", 10_000_000);
        assert!(text.contains("| ostium | 1.000 | 2.000 | 3.000 | 1.00 | 3.0 | 5 |"), "{text}");
        assert!(text.contains("0.25 / 0.50 / 1.00"), "{text}");
    }

    #[test]
    fn without_a_rival_there_is_no_ratio() {
        let text = table(&[row("ostium", &[1.0]), row("cat", &[1.0])], "a", 1);
        assert!(!text.contains("pair by pair"), "{text}");
    }
}
