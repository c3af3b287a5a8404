//! Rust out of the protocol's `.proto` files, so that nobody needs a protobuf compiler to build.
//!
//! What this makes is checked in; `cargo xtask test` compares it with what it would make now.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::args::Args;

pub(crate) const HELP: &str = "\
usage: cargo xtask proto [--write]

Makes the Rust code of crates/feed/proto and crates/hub-api/proto and compares it with what is
checked in; with --write it replaces that.";

/// A folder of protocol files, and the file that is made of it.
const MADE: &[(&str, &str, &str)] = &[
    ("crates/feed/proto", "feed.proto", "crates/feed/src/wire.rs"),
    ("crates/hub-api/proto", "hub.proto", "crates/hub-api/src/wire.rs"),
];

const HEAD: &str = "//! Made by `cargo xtask proto --write`; change the .proto file, not this.\n";

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    let write = args.switch("--write");
    args.done()?;
    let faults = faults(root, write)?;
    for fault in &faults {
        println!("{fault}");
    }
    Ok(faults.is_empty())
}

/// What is checked in and is not what would be made; replaced, if `write` says so.
pub(crate) fn faults(root: &Path, write: bool) -> Result<Vec<String>, Box<dyn Error>> {
    let mut faults = Vec::new();
    for (folder, name, target) in MADE {
        let made = make(root, folder, name)?;
        let target = root.join(target);
        if write {
            std::fs::write(&target, &made)?;
        } else if std::fs::read_to_string(&target).ok().as_deref() != Some(&made) {
            let target = target.display();
            faults.push(format!("{target} is not what its .proto says: cargo xtask proto --write"));
        }
    }
    Ok(faults)
}

fn make(root: &Path, folder: &str, name: &str) -> Result<String, Box<dyn Error>> {
    let folder = root.join(folder);
    let files = protox::compile([folder.join(name)], [&folder])?;
    let out = root.join("target/xtask/proto").join(name);
    if out.exists() {
        std::fs::remove_dir_all(&out)?;
    }
    std::fs::create_dir_all(&out)?;
    let mut config = tonic_prost_build::Config::new();
    config.bytes(["."]).out_dir(&out);
    let code = tonic_prost_build::configure().build_transport(false).out_dir(&out);
    code.compile_fds_with_config(files, config)?;
    let made: PathBuf = std::fs::read_dir(&out)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|end| end == "rs"))
        .ok_or("nothing was made")?;
    // As the rest of the tree is written, or `cargo fmt --check` would complain of it.
    let config = root.join("rustfmt.toml");
    let mut fmt = Command::new("rustfmt");
    fmt.args(["--edition", "2024", "--config-path"]).arg(config).arg(&made);
    if !fmt.status()?.success() {
        return Err("rustfmt does not read what was made".into());
    }
    Ok(format!("{HEAD}{}", std::fs::read_to_string(made)?))
}
