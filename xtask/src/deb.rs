//! `cargo xtask deb`: the Debian package, out of a release build and `packaging`.
//!
//! The tools are Debian's own: `dpkg-deb` packs, `dpkg-shlibdeps` says which libraries the program
//! needs. The same tree and the same program give the same package: times are those of the last
//! commit, or of `SOURCE_DATE_EPOCH`.

mod tree;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::args::Args;
use crate::measure::Scratch;
use crate::product::release;
use tree::{Made, lay};

pub(crate) const HELP: &str = "\
usage: cargo xtask deb [--binary FILE] [--out DIR]

Builds the release, lays out the files of the package and packs them into
DIR/ostium_VERSION_ARCHITECTURE.deb [DIR: target/deb]. --binary takes a program that was built before.
Needs dpkg-deb (package dpkg), dpkg-shlibdeps (dpkg-dev) and strip (binutils).";

/// Of the package; the part after the hyphen counts packages of the same program.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "-1");

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    let binary = args.value("--binary")?.map(PathBuf::from);
    let out = args.value("--out")?.map_or_else(|| root.join("target").join("deb"), PathBuf::from);
    args.done()?;
    let binary = binary.map_or_else(|| release(root), Ok)?;
    let scratch = Scratch::new("deb")?;
    let stripped = scratch.0.join("ostium");
    said(Command::new("strip").arg("-o").arg(&stripped).arg(&binary), "binutils")?;
    let epoch = epoch(root)?;
    let made = Made {
        libraries: libraries(&stripped, &scratch.0)?,
        binary: stripped,
        version: VERSION.to_owned(),
        architecture: said(Command::new("dpkg").arg("--print-architecture"), "dpkg")?,
        date: said(
            Command::new("date").args(["-u", "-R", "-d", &format!("@{epoch}")]),
            "coreutils",
        )?,
    };
    let laid = scratch.0.join("tree");
    lay(root, &laid, &made)?;
    fs::create_dir_all(&out)?;
    let package = out.join(format!("ostium_{}_{}.deb", made.version, made.architecture));
    pack(&laid, &package, &epoch)?;
    println!("{}", package.display());
    Ok(true)
}

/// Packs a tree that was laid out.
fn pack(tree: &Path, package: &Path, epoch: &str) -> Result<(), Box<dyn Error>> {
    let mut command = Command::new("dpkg-deb");
    command.args(["--root-owner-group", "-Zxz", "--build"]).arg(tree).arg(package);
    command.env("SOURCE_DATE_EPOCH", epoch);
    said(&mut command, "dpkg").map(drop)
}

/// The libraries that it needs, as `Depends` names them.
fn libraries(binary: &Path, scratch: &Path) -> Result<String, Box<dyn Error>> {
    // It wants to stand in the source of a package.
    fs::create_dir_all(scratch.join("debian"))?;
    let control = "Source: ostium\n\nPackage: ostium\nArchitecture: any\n";
    fs::write(scratch.join("debian").join("control"), control)?;
    let mut command = Command::new("dpkg-shlibdeps");
    command.arg("-O").arg(binary).current_dir(scratch);
    let text = said(&mut command, "dpkg-dev")?;
    let list = text.lines().find_map(|line| line.strip_prefix("shlibs:Depends="));
    list.map(str::to_owned).ok_or_else(|| format!("dpkg-shlibdeps names no library: {text}").into())
}

/// Seconds since 1970 that the files are dated with.
fn epoch(root: &Path) -> Result<String, Box<dyn Error>> {
    match std::env::var("SOURCE_DATE_EPOCH") {
        Ok(epoch) => Ok(epoch),
        Err(_) => {
            let mut command = Command::new("git");
            said(command.args(["log", "-1", "--format=%ct"]).current_dir(root), "git")
                .map_err(|error| format!("{error}; or set SOURCE_DATE_EPOCH").into())
        }
    }
}

/// Runs a tool, and gives what it printed; `package` is what to install when it is missing.
fn said(command: &mut Command, package: &str) -> Result<String, Box<dyn Error>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let ran = command
        .output()
        .map_err(|error| format!("cannot start {name}: {error}; install the package {package}"))?;
    if !ran.status.success() {
        let why = String::from_utf8_lossy(&ran.stderr);
        return Err(format!("{name} failed with {}: {}", ran.status, why.trim()).into());
    }
    Ok(String::from_utf8_lossy(&ran.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests;
