//! Running nft, and what its complaints mean.

use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::layout::commands;
use super::{Config, Garden, Refusal};
use crate::EnforceError;
use crate::netlink::Family;

/// Something that enforcement needs of the kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is for.
    pub what: &'static str,
    /// What nft said, if it is missing.
    pub lacks: Option<String>,
}

/// Asks the kernel, without changing anything, for each piece that some configuration needs.
///
/// # Errors
/// When nft cannot be started or may not ask.
pub fn probe(nft: &Path) -> Result<Vec<Piece>, EnforceError> {
    let plain = Config { nft: nft.to_owned(), ..Config::default() };
    let web = vec![("192.0.2.1".parse(), 80), ("2001:db8::1".parse(), 80)];
    let web = web.into_iter().filter_map(|(addr, port)| Some((addr.ok()?, port))).collect();
    let rejecting = Config { refusal: Refusal::Reject, ..plain.clone() };
    let garden = Config { garden: Garden { web, ..Garden::default() }, ..plain.clone() };
    let pieces = [
        ("block destinations and quarantine hosts", Family::Inet, &plain),
        ("reject instead of drop", Family::Inet, &rejecting),
        ("redirect web requests of hosts in quarantine", Family::Inet, &garden),
        ("enforce on a bridge", Family::Bridge, &plain),
    ];
    let mut told = Vec::new();
    for (what, family, config) in pieces {
        let mut script = commands(family, config);
        // A table that is there already is no reason to say no.
        if let Some(first) = script.first_mut() {
            let create = first.get_mut("create").map(Value::take);
            *first = json!({"add": create});
        }
        let lacks = match run(nft, &["-c", "-j", "-f", "-"], Some(&script_of(script)), what) {
            Ok(_) => None,
            Err(EnforceError::Lacks(_, said) | EnforceError::Refused(_, said)) => Some(said),
            Err(error) => return Err(error),
        };
        told.push(Piece { what, lacks });
    }
    Ok(told)
}

/// Commands as one transaction.
pub(super) fn script_of(commands: Vec<Value>) -> String {
    json!({"nftables": commands}).to_string()
}

/// Runs nft to its end; what it printed.
pub(super) fn run(
    nft: &Path,
    words: &[&str],
    script: Option<&str>,
    doing: &'static str,
) -> Result<String, EnforceError> {
    let name = || nft.display().to_string();
    let mut command = Command::new(nft);
    // Its messages are read, so they are to be in one language.
    command.args(words).env("LC_ALL", "C");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => EnforceError::NoNft(name()),
        _ => EnforceError::Start(name(), error),
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        // nft that ended early says why itself; it reads all before it writes anything.
        stdin.write_all(script.unwrap_or_default().as_bytes()).ok();
    }
    let output = child.wait_with_output().map_err(|error| EnforceError::Start(name(), error))?;
    let out = String::from_utf8_lossy(&output.stdout);
    if output.status.success() {
        return Ok(out.into_owned());
    }
    // Some complaints come on standard output.
    let said = format!("{} {out}", String::from_utf8_lossy(&output.stderr));
    Err(complaint(&said, doing))
}

fn complaint(said: &str, doing: &'static str) -> EnforceError {
    let short: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = short.chars().take(300).collect();
    let has = |text: &str| said.contains(text);
    if has("Operation not permitted") || has("must be root") {
        EnforceError::NotPermitted(doing, "CAP_NET_ADMIN")
    } else if has("Too many open files in system") {
        EnforceError::KernelFull
    } else if has("Operation not supported") || has("Protocol not supported") {
        EnforceError::Lacks(doing.to_owned(), short)
    } else {
        EnforceError::Refused(doing, short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_say_what_to_do() {
        let told = |said: &str| complaint(said, "read tables").to_string();
        assert!(told("Operation not permitted (you must be root)").contains("CAP_NET_ADMIN"));
        assert!(
            told("Error: Could not process rule: Too many open files in system").contains("limit")
        );
        assert!(told("Error: Could not process rule: Operation not supported").contains("kernel"));
        let long = told(&format!("Error: {}\nsecond line", "x ".repeat(1000)));
        assert!(long.len() < 400 && long.lines().count() == 1);
    }

    #[test]
    fn no_nft_is_said() {
        let error = run(Path::new("/nowhere/nft"), &["-v"], None, "look").unwrap_err();
        assert!(error.to_string().contains("install the package nftables"), "{error}");
    }
}
