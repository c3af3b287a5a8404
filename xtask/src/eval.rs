//! `cargo xtask eval`: hands a corpus to `ostium eval` of a release build.

use std::path::Path;

use crate::Outcome;
use crate::args::Args;
use crate::run::cargo;

pub(crate) const HELP: &str = "\
usage: cargo xtask eval --corpus DIR [-- ARGS]

Builds the release and runs `ostium eval DIR/manifest.toml ARGS`.";

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    let corpus = args.value("--corpus")?.ok_or("no corpus given; say --corpus DIR")?;
    let manifest = Path::new(&corpus).join("manifest.toml").canonicalize();
    let manifest = manifest.map_err(|e| format!("cannot find manifest.toml in {corpus}: {e}"))?;
    let words = ["run", "--release", "--quiet", "--package", "ostium-cli", "--"];
    let mut command = cargo(root, &words);
    command.arg("eval").arg(manifest);
    command.args(args.rest().into_iter().skip_while(|word| word == "--"));
    Ok(command.status()?.success())
}
