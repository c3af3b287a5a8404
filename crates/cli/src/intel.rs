//! Reading the indicators that `--intel` names.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use ostium_intel::{IndicatorIndex, ReadSummary, read_indicators};

use ostium_report::escape;

use crate::fail::Fail;
use crate::output::say;

/// Reads all files into one index; says on standard error what was read and what was skipped.
pub(crate) fn load(files: &[PathBuf], quiet: bool) -> Result<IndicatorIndex, Fail> {
    let mut all = Vec::new();
    for path in files {
        let name = path.display().to_string();
        let file =
            File::open(path).map_err(|error| Fail::new(format!("cannot open {name}: {error}")))?;
        let source =
            path.file_stem().map_or_else(|| name.clone(), |s| s.to_string_lossy().into_owned());
        let (indicators, summary) =
            read_indicators(&source, BufReader::with_capacity(1 << 20, file));
        if indicators.is_empty() {
            return Err(Fail::new(format!(
                "no indicator in {name}: a plain list, STIX 2.1 bundle, MISP event or abuse.ch CSV is \
                 wanted ({})",
                told(&summary)
            )));
        }
        if !quiet {
            say(format_args!("{name}: {}", told(&summary)));
        }
        all.extend(indicators);
    }
    Ok(IndicatorIndex::build(all))
}

/// What was read, in one line.
fn told(summary: &ReadSummary) -> String {
    let mut words = format!("{} indicators", summary.read);
    if summary.skipped > 0 {
        words.push_str(&format!(", {} skipped", summary.skipped));
    }
    if let Some((line, text)) = &summary.first_bad_line {
        words.push_str(&format!(", the first that is none is line {line}: '{}'", escape(text)));
    }
    if let Some(why) = &summary.stopped {
        words.push_str(&format!(", reading stopped: {why}"));
    }
    words
}
