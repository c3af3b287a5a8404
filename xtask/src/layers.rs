//! The layer law: who may depend on whom. The table below is the law; ARCHITECTURE.md explains it.
//!
//! A crate that the table does not name fails, and so does a name without a crate, so the table
//! cannot go stale. Only direct dependencies are read: what a crate reaches through another crate
//! was allowed to that other crate.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;

use crate::Outcome;
use crate::args::Args;
use crate::run::cargo;

pub(crate) const HELP: &str = "\
usage: cargo xtask layers

Reads `cargo metadata` and checks every dependency between crates of this workspace:
records <- stages <- pipeline <- services and tools. No stage depends on a stage, except where
the table in xtask/src/layers.rs says why. Records and stages stay free of async runtimes.";

/// A floor of the house. A crate may depend on any lower floor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Layer {
    /// Nouns: no I/O, no clock, no async.
    Record,
    /// Verbs: one step of the data flow each, synchronous, time is an argument.
    Stage,
    /// The stages wired into one loop.
    Composition,
    /// What services are asked and answer: versioned types.
    Interface,
    /// What makes input for the others: packets, worlds, fakes.
    Maker,
    /// What runs: services, commands, whole-product tests.
    Service,
    /// The project's own chores.
    Chore,
}

/// Every crate of the workspace, by folder, in the order of the data flow.
const CRATES: &[(&str, Layer)] = &[
    ("crates/event", Layer::Record),
    ("crates/names", Layer::Record),
    ("crates/wire", Layer::Record),
    ("crates/intel", Layer::Record),
    ("crates/feed", Layer::Record),
    ("crates/evidence", Layer::Record),
    ("crates/verdict", Layer::Record),
    ("crates/capture", Layer::Stage),
    ("crates/ingest", Layer::Stage),
    ("crates/track", Layer::Stage),
    ("crates/parse", Layer::Stage),
    ("crates/profile", Layer::Stage),
    ("crates/detect", Layer::Stage),
    ("crates/judge", Layer::Stage),
    ("crates/enforce", Layer::Stage),
    ("crates/report", Layer::Stage),
    ("crates/correlate", Layer::Stage),
    ("crates/pipeline", Layer::Composition),
    ("crates/synth", Layer::Maker),
    ("crates/poison", Layer::Maker),
    ("crates/lab", Layer::Maker),
    ("crates/control", Layer::Interface),
    ("crates/sensor-api", Layer::Interface),
    ("crates/hub-api", Layer::Interface),
    ("crates/browser", Layer::Service),
    ("crates/hub-store", Layer::Service),
    ("crates/hub", Layer::Service),
    ("crates/uplink", Layer::Service),
    ("crates/live", Layer::Service),
    ("crates/rpz", Layer::Service),
    ("crates/sensor", Layer::Service),
    ("crates/eval", Layer::Service),
    ("crates/cli", Layer::Service),
    ("tests", Layer::Service),
    ("xtask", Layer::Chore),
];

/// Dependencies within a floor: who, on whom, why.
const WITHIN: &[(&str, &str, &str)] = &[
    ("evidence", "event", "evidence names a peer and a window"),
    ("verdict", "event", "a verdict names a host and a time"),
    ("verdict", "evidence", "a verdict names its evidence"),
    ("intel", "event", "an indicator is an address or a prefix"),
    ("feed", "event", "an entry is an address or a prefix"),
    ("feed", "intel", "an entry is an indicator that is signed for"),
    ("intel", "names", "rails refuse public suffixes and popular names"),
    ("names", "event", "who owns a network is asked by address"),
    ("wire", "event", "addresses and anomalies are events' words"),
    ("sensor-api", "control", "a sensor is asked as every service is"),
    (
        "detect",
        "profile",
        "detectors read the records that profile keeps of hosts and conversations",
    ),
];

/// What no floor allows: who, on whom, why.
const NEVER: &[(&str, &str, &str)] = &[
    ("hub", "capture", "the hub never sees packets"),
    ("hub", "track", "the hub never sees packets"),
    ("hub", "parse", "the hub never sees packets"),
    ("enforce", "detect", "what blocks knows verdicts, not how they came about"),
    ("enforce", "judge", "what blocks knows verdicts, not how they came about"),
    ("synth", "detect", "a world must not know its judges"),
    ("synth", "judge", "a world must not know its judges"),
    ("synth", "pipeline", "a world must not know its judges"),
];

/// What makes input or hosts may be used by anybody's tests.
const FOR_TESTS: &[&str] = &["lab", "synth", "testkit"];

/// Runtimes and servers: services only.
const ASYNC: &[&str] = &["async-std", "axum", "hyper", "reqwest", "tokio", "tonic"];

/// A package as `cargo metadata` tells of it.
#[derive(Debug)]
struct Package {
    folder: String,
    name: String,
    needs: Vec<Need>,
}

#[derive(Debug)]
struct Need {
    name: String,
    in_tests_only: bool,
}

pub(crate) fn main(root: &Path, args: Args) -> Outcome {
    args.done()?;
    let faults = faults(root)?;
    for fault in &faults {
        println!("{fault}");
    }
    Ok(faults.is_empty())
}

/// What breaks the law, one line each.
pub(crate) fn faults(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let packages = packages(root)?;
    Ok(judge(&packages, CRATES))
}

fn packages(root: &Path) -> Result<Vec<Package>, Box<dyn Error>> {
    let words = ["metadata", "--no-deps", "--offline", "--format-version=1"];
    let output = cargo(root, &words).output()?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("cannot read cargo metadata: {why}").into());
    }
    let value: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let top = value["workspace_root"].as_str().unwrap_or_default();
    let list = value["packages"].as_array().ok_or("metadata names none")?;
    Ok(list.iter().map(|value| package(value, top)).collect())
}

fn package(value: &serde_json::Value, top: &str) -> Package {
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let manifest = text("manifest_path");
    let folder = Path::new(&manifest)
        .parent()
        .and_then(|folder| folder.strip_prefix(top).ok())
        .map(|folder| folder.to_string_lossy().replace('\\', "/"))
        .unwrap_or_default();
    let needs = value["dependencies"].as_array().into_iter().flatten();
    Package {
        folder,
        name: text("name"),
        needs: needs
            .map(|need| Need {
                name: need["name"].as_str().unwrap_or_default().to_owned(),
                in_tests_only: need["kind"] == "dev",
            })
            .collect(),
    }
}

fn judge(packages: &[Package], table: &[(&str, Layer)]) -> Vec<String> {
    let mut faults = Vec::new();
    let floor = |folder: &str| table.iter().find(|row| row.0 == folder).map(|row| row.1);
    for (folder, _) in table {
        if !packages.iter().any(|package| package.folder == *folder) {
            faults.push(format!(
                "xtask/src/layers.rs: the table names {folder}, which is no crate; take it out"
            ));
        }
    }
    for package in packages {
        let manifest = format!("{}/Cargo.toml", package.folder);
        let Some(layer) = floor(&package.folder) else {
            faults.push(format!(
                "{manifest}: {} is not in the table of xtask/src/layers.rs; give it a layer",
                package.name
            ));
            continue;
        };
        if !well_named(package) {
            faults.push(format!(
                "{manifest}: package {} should be called ostium-{}",
                package.name,
                short(&package.folder)
            ));
        }
        let mut said = BTreeSet::new();
        for need in &package.needs {
            let found = packages.iter().find(|other| other.name == need.name);
            let below = found.map(|other| (other, floor(&other.folder)));
            if let Some(why) = breach(package, layer, need, below)
                && said.insert(why.clone())
            {
                faults.push(format!("{manifest}: {why}"));
            }
        }
    }
    faults
}

/// Why this dependency breaks the law; `None` when it does not.
fn breach(
    package: &Package,
    layer: Layer,
    need: &Need,
    found: Option<(&Package, Option<Layer>)>,
) -> Option<String> {
    let from = short(&package.folder);
    let Some((other, below)) = found else {
        return (layer <= Layer::Composition && ASYNC.contains(&need.name.as_str())).then(|| {
            format!(
                "{from} ({layer:?}) depends on {}: records and stages are synchronous",
                need.name
            )
        });
    };
    let to = short(&other.folder);
    if need.in_tests_only && FOR_TESTS.contains(&to) {
        return None;
    }
    if let Some((.., why)) = NEVER.iter().find(|row| row.0 == from && row.1 == to) {
        return Some(format!("{from} never depends on {to}: {why}"));
    }
    let below = below?;
    let within = below == layer && WITHIN.iter().any(|row| row.0 == from && row.1 == to);
    let free = layer >= Layer::Service && below <= layer;
    if below < layer || within || free {
        return None;
    }
    Some(format!(
        "{from} ({layer:?}) depends on {to} ({below:?}); allowed are lower floors and the pairs \
         in xtask/src/layers.rs"
    ))
}

fn well_named(package: &Package) -> bool {
    let folder = short(&package.folder);
    package.name == folder || package.name == format!("ostium-{folder}")
}

fn short(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap_or(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(folder: &str, needs: &[&str]) -> Package {
        let need = |text: &&str| Need {
            name: text.trim_start_matches("dev:").to_owned(),
            in_tests_only: text.starts_with("dev:"),
        };
        Package {
            folder: folder.to_owned(),
            name: format!("ostium-{}", short(folder)),
            needs: needs.iter().map(need).collect(),
        }
    }

    fn verdict(packages: &[Package]) -> Vec<String> {
        let table: Vec<_> = CRATES
            .iter()
            .copied()
            .filter(|row| packages.iter().any(|package| package.folder == row.0))
            .collect();
        judge(packages, &table)
    }

    #[test]
    fn the_flow_of_the_house_is_lawful() {
        let packages = [
            package("crates/event", &["serde"]),
            package("crates/wire", &["ostium-event"]),
            package("crates/profile", &["ostium-event", "dev:ostium-synth"]),
            package("crates/detect", &["ostium-profile", "ostium-event"]),
            package("crates/pipeline", &["ostium-detect", "ostium-wire"]),
            package("crates/synth", &["ostium-event"]),
            package("crates/cli", &["ostium-pipeline", "ostium-synth", "tokio"]),
        ];
        assert_eq!(verdict(&packages), Vec::<String>::new());
    }

    #[test]
    fn each_breach_is_named() {
        for (folder, need, word) in [
            ("crates/profile", "ostium-detect", "profile (Stage)"),
            ("crates/report", "ostium-judge", "report (Stage)"),
            ("crates/event", "ostium-intel", "event (Record)"),
            ("crates/detect", "ostium-pipeline", "detect (Stage)"),
            ("crates/track", "ostium-synth", "track (Stage)"),
            ("crates/track", "dev:ostium-parse", "track (Stage)"),
            ("crates/track", "tokio", "synchronous"),
            ("crates/synth", "ostium-judge", "its judges"),
        ] {
            let mut packages = vec![package(folder, &[need])];
            let other = need.trim_start_matches("dev:").replace("ostium-", "crates/");
            if other.starts_with("crates/") {
                packages.push(package(&other, &[]));
            }
            let faults = verdict(&packages);
            assert_eq!(faults.len(), 1, "{folder} -> {need}: {faults:?}");
            assert!(faults[0].contains(word), "{faults:?}");
        }
    }

    #[test]
    fn names_are_checked_both_ways() {
        let packages = [package("crates/stranger", &[])];
        let faults = judge(&packages, &[("crates/event", Layer::Record)]);
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(faults[0].contains("crates/event, which is no crate"));
        assert!(faults[1].contains("ostium-stranger is not in the table"));
    }
}
