//! Measuring a program: wall time by our own clock, processor time and peak memory by `time`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// One run of a program.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Sample {
    /// Seconds from start to end.
    pub(crate) wall: f64,
    /// Seconds of user and system time of it and its children; `None` without `time`.
    pub(crate) cpu: Option<f64>,
    /// Largest resident set in bytes; `None` without `time`.
    pub(crate) memory: Option<u64>,
}

/// A program and its words.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) title: String,
    pub(crate) words: Vec<String>,
}

const TIME: &str = "/usr/bin/time";

/// Runs it once, silently. A run that fails is an error: its time means nothing.
pub(crate) fn sample(program: &Program, scratch: &Path) -> Result<Sample, Box<dyn Error>> {
    let figures = scratch.join("figures");
    let (name, rest) = program.words.split_first().ok_or("nothing to run")?;
    let mut command = if Path::new(TIME).exists() {
        let mut time = Command::new(TIME);
        time.args(["-f", "%U %S %M", "-o"]).arg(&figures).arg(name);
        time
    } else {
        Command::new(name)
    };
    command.args(rest).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().map_err(|e| format!("cannot start {name}: {e}"))?;
    let wall = start.elapsed().as_secs_f64();
    if !status.success() {
        return Err(format!("{} failed with {status}; run it by hand", program.title).into());
    }
    let text = fs::read_to_string(&figures).unwrap_or_default();
    Ok(parsed(wall, &text))
}

/// `user system kilobytes`, as `time` was asked to print them.
fn parsed(wall: f64, text: &str) -> Sample {
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [user, system, kilobytes] = numbers.as_slice() else {
        return Sample { wall, ..Sample::default() };
    };
    Sample {
        wall,
        cpu: Some(user + system),
        memory: Some((*kilobytes as u64).saturating_mul(1024)),
    }
}

/// Smallest, median and largest.
pub(crate) fn spread(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64, f64)> {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    let median = match values.len() % 2 {
        0 => (upper + *values.get(middle - 1)?) / 2.0,
        _ => upper,
    };
    Some((*values.first()?, median, *values.last()?))
}

/// A folder of our own that goes when we go.
pub(crate) struct Scratch(pub(crate) PathBuf);

// === impl Scratch ===

impl Scratch {
    pub(crate) fn new(name: &str) -> std::io::Result<Self> {
        let own = format!("ostium-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(own);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // A folder that stays behind is no reason to fail.
        let _gone = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_count_lies_between() {
        assert_eq!(spread([3.0, 1.0, 2.0]), Some((1.0, 2.0, 3.0)));
        assert_eq!(spread([4.0, 1.0, 2.0, 3.0]), Some((1.0, 2.5, 4.0)));
        assert_eq!(spread([]), None);
    }

    #[test]
    fn without_figures_there_is_still_a_wall_time() {
        let with = parsed(2.0, "1.50 0.25 2048\n");
        assert_eq!((with.cpu, with.memory), (Some(1.75), Some(2_097_152)));
        let without = parsed(2.0, "");
        assert_eq!((without.wall, without.cpu), (2.0, None));
    }

    #[test]
    fn a_program_that_fails_is_an_error() {
        let scratch = Scratch::new("measure-test").unwrap();
        let run = |words: &[&str]| {
            let program = Program {
                title: "it".into(),
                words: words.iter().map(|w| (*w).to_owned()).collect(),
            };
            sample(&program, &scratch.0)
        };
        assert!(run(&["true"]).unwrap().wall < 20.0);
        assert!(run(&["false"]).is_err());
        assert!(run(&["/no/such/program"]).is_err());
    }
}
