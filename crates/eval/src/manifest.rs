//! The labels: cases in a file of TOML, with paths relative to it.

use std::fmt;
use std::path::{Path, PathBuf};

use ostium_event::{Addr, Prefix};
use ostium_evidence::Role;
use ostium_pipeline::RoleAt;
use serde::{Deserialize, Serialize};

/// Labelled cases, and the folder that their paths begin at.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// Where paths begin.
    pub base: PathBuf,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One observation, and what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its name, unique in its manifest.
    pub name: String,
    /// What happens in it.
    pub kind: String,
    /// Malware family, where it is known.
    pub family: Option<String>,
    /// What is observed.
    pub source: Source,
    /// What is inside; empty: the private ranges.
    pub home: Vec<Prefix>,
    /// Roles that the operator would have given.
    pub roles: Vec<RoleAt>,
    /// Inside hosts that are infected.
    pub infected: Vec<Addr>,
    /// Inside hosts that are known to be clean.
    pub clean: Vec<Addr>,
    /// What it may be used for; `None`: a capture without labels, which counts nowhere.
    pub purpose: Option<Purpose>,
    /// Who says so.
    pub truth: String,
}

/// What is observed in a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Files and folders, relative to the manifest.
    Files(Vec<String>),
    /// A made-up world, which tells its own truth.
    Scenario(Played),
}

/// How a scenario is played.
#[derive(Clone, Debug, PartialEq)]
pub struct Played {
    /// Which: the name of one that ships, or a file relative to the manifest.
    pub name: String,
    /// Its chance; `None`: as the scenario says.
    pub seed: Option<u64>,
    /// Its length in days; `None`: as the scenario says.
    pub days: Option<f64>,
    /// So many times its machines; `None`: as the scenario says.
    pub scale: Option<f64>,
    /// As packets instead of events.
    pub packets: bool,
}

/// What a case may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Thresholds may be set on it.
    Train,
    /// Only reported.
    Test,
}

/// Why a manifest cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct ManifestError(String);

/// A case as it is written; other fields are for people.
#[derive(Deserialize)]
struct Written {
    name: String,
    #[serde(default)]
    kind: String,
    family: Option<String>,
    #[serde(default)]
    inputs: Vec<String>,
    scenario: Option<String>,
    seed: Option<u64>,
    days: Option<f64>,
    scale: Option<f64>,
    #[serde(rename = "as")]
    told_as: Option<ToldAs>,
    #[serde(default)]
    home: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    infected: Vec<String>,
    #[serde(default)]
    clean: Vec<String>,
    #[serde(rename = "use")]
    purpose: Purpose,
    #[serde(default)]
    truth: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ToldAs {
    Events,
    Packets,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    case: Vec<Written>,
}

// === impl Manifest ===

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When it cannot be read, or does not say what it must.
    pub fn read(path: &Path) -> Result<Self, ManifestError> {
        let name = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| ManifestError(format!("cannot read {name}: {error}")))?;
        let base = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        Self::parse(&text, base).map_err(|error| ManifestError(format!("{name}: {error}")))
    }

    /// Reads the text of a manifest whose paths begin at `base`.
    ///
    /// # Errors
    /// When it does not say what it must.
    pub fn parse(text: &str, base: PathBuf) -> Result<Self, ManifestError> {
        let file: File = toml::from_str(text)
            .map_err(|error| ManifestError(error.to_string().trim().replace('\n', "\n  ")))?;
        let mut cases: Vec<Case> = Vec::new();
        for written in file.case {
            let name = written.name.clone();
            let case =
                Case::of(written).map_err(|why| ManifestError(format!("case {name}: {why}")))?;
            if cases.iter().any(|other| other.name == case.name) {
                return Err(ManifestError(format!("two cases are called {name}; rename one")));
            }
            cases.push(case);
        }
        if cases.is_empty() {
            return Err(ManifestError("it names no [[case]]".to_owned()));
        }
        Ok(Self { base, cases })
    }
}

// === impl Case ===

impl Case {
    /// A capture of which nothing is known.
    pub fn unlabelled(name: String, path: String) -> Self {
        Self {
            name,
            kind: String::new(),
            family: None,
            source: Source::Files(vec![path]),
            home: Vec::new(),
            roles: Vec::new(),
            infected: Vec::new(),
            clean: Vec::new(),
            purpose: None,
            truth: String::new(),
        }
    }

    fn of(written: Written) -> Result<Self, String> {
        let source = match (written.scenario, written.inputs.is_empty()) {
            (Some(_), false) => return Err("it has both inputs and a scenario; say one".to_owned()),
            (None, true) => return Err("it has no inputs and no scenario".to_owned()),
            (None, false) => Source::Files(written.inputs),
            (Some(name), true) => Source::Scenario(Played {
                name,
                seed: written.seed,
                days: written.days,
                scale: written.scale,
                packets: written.told_as == Some(ToldAs::Packets),
            }),
        };
        let infected = all(&written.infected, "infected")?;
        let clean = all(&written.clean, "clean")?;
        if let Some(both) = infected.iter().find(|addr| clean.contains(addr)) {
            return Err(format!("{both} is said to be infected and clean"));
        }
        let home = written.home.iter().map(|text| text.parse::<Prefix>());
        Ok(Self {
            name: written.name,
            kind: written.kind,
            family: written.family,
            source,
            home: home.collect::<Result<_, _>>().map_err(|error| format!("home: {error}"))?,
            roles: written.roles.iter().map(|text| role(text)).collect::<Result<_, _>>()?,
            infected,
            clean,
            purpose: Some(written.purpose),
            truth: written.truth,
        })
    }

    /// Is anything known of its hosts?
    pub fn is_labelled(&self) -> bool {
        !self.infected.is_empty()
            || !self.clean.is_empty()
            || matches!(self.source, Source::Scenario(_))
    }

    /// Kind, and family where it is known.
    pub fn kind(&self) -> String {
        match &self.family {
            Some(family) => format!("{} ({family})", self.kind),
            None => self.kind.clone(),
        }
    }
}

fn all(texts: &[String], field: &str) -> Result<Vec<Addr>, String> {
    let addr = |text: &String| text.parse().map_err(|_| format!("{field}: '{text}' is no address"));
    texts.iter().map(addr).collect()
}

fn role(text: &str) -> Result<RoleAt, String> {
    let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
    let wrong = || format!("roles: '{text}' is not ROLE=HOST; roles are {}", names.join(", "));
    let (role, host) = text.split_once('=').ok_or_else(wrong)?;
    let role = Role::from_name(role).ok_or_else(wrong)?;
    Ok(RoleAt { role, host: host.parse().map_err(|_| wrong())? })
}

// === impl Purpose ===

impl Purpose {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Train, Self::Test];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
        }
    }
}

// === impl ManifestError ===

impl ManifestError {
    pub(crate) const fn new(why: String) -> Self {
        Self(why)
    }
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ManifestError {}
