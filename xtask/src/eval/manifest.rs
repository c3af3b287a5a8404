//! The labels of a corpus: `manifest.toml`, whose head explains its fields.

use std::error::Error;
use std::path::Path;

use serde::Deserialize;

/// One observation and what is known of it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) family: Option<String>,
    /// Files and folders, relative to the manifest.
    pub(super) inputs: Vec<String>,
    pub(super) home: Vec<String>,
    /// Inside hosts that are infected.
    pub(super) infected: Vec<String>,
    /// Inside hosts that are known to be clean.
    pub(super) clean: Vec<String>,
    /// What it may be used for.
    #[serde(rename = "use")]
    pub(super) purpose: Purpose,
    /// Who says so.
    pub(super) truth: String,
}

/// What a case may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Purpose {
    /// Thresholds may be set on it.
    Train,
    /// Only reported.
    Test,
}

#[derive(Deserialize)]
struct Manifest {
    case: Vec<Case>,
}

/// Reads the labels.
pub(super) fn read(path: &Path) -> Result<Vec<Case>, Box<dyn Error>> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| format!("cannot read manifest.toml of the corpus: {e}"))?;
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<Case>, Box<dyn Error>> {
    let manifest: Manifest =
        toml::from_str(text).map_err(|e| format!("cannot understand manifest.toml: {e}"))?;
    Ok(manifest.case)
}

// === impl Case ===

impl Case {
    /// Is anything known of its hosts?
    pub(super) fn is_labelled(&self) -> bool {
        !self.infected.is_empty() || !self.clean.is_empty()
    }

    /// Kind, and family where it is known.
    pub(super) fn kind(&self) -> String {
        match &self.family {
            Some(family) => format!("{} ({family})", self.kind),
            None => self.kind.clone(),
        }
    }
}

// === impl Purpose ===

impl Purpose {
    pub(super) const ALL: [Self; 2] = [Self::Train, Self::Test];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "
[[case]]
name = \"a\"
kind = \"C2\"
inputs = [\"a.pcap\"]
home = [\"10.0.0.0/8\"]
infected = [\"10.0.0.1\"]
clean = []
use = \"test\"
truth = \"documented\"
note = \"for people\"
";

    #[test]
    fn reads_a_case() {
        let cases = parse(ONE).unwrap();
        assert_eq!(cases.len(), 1);
        assert_eq!(cases[0].purpose, Purpose::Test);
        assert_eq!(cases[0].kind(), "C2");
        assert!(cases[0].is_labelled());
    }

    #[test]
    fn a_purpose_that_nobody_knows_is_an_error() {
        let error = parse(&ONE.replace("\"test\"", "\"tune\"")).unwrap_err().to_string();
        assert!(error.contains("manifest.toml"), "{error}");
        assert!(parse("[[case]]\nname = \"a\"\n").is_err());
    }
}
