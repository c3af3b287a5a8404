//! The captures below `protocols`: single protocols and corner cases, each judged alone.
//!
//! They hold no labels; what can be told is whether each is read, and who is called infected.

use std::error::Error;
use std::path::Path;

use super::judged::{Judged, Product};

/// A capture, and what came of it.
pub(super) struct Capture {
    /// Its path below `protocols`.
    pub(super) name: String,
    pub(super) judged: Judged,
}

/// Words of a file's name that say an attack.
const ATTACKS: &[&str] =
    &["scan", "flood", "tunnel", "miner", "mining", "malware", "attack", "exploit", "bad-dns"];

/// Judges each capture alone, with the default home.
pub(super) fn try_all(product: &Product<'_>) -> Result<Vec<Capture>, Box<dyn Error>> {
    let base = product.corpus.join("protocols");
    if !base.is_dir() {
        return Ok(Vec::new());
    }
    eprintln!("     protocols");
    let mut captures = Vec::new();
    for name in files(&base)? {
        let judged = product.judge(&[], &[format!("protocols/{name}")])?;
        captures.push(Capture { name, judged });
    }
    Ok(captures)
}

/// All files below a folder, by their paths inside it, sorted.
fn files(base: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let mut folders = vec![base.to_path_buf()];
    let mut names = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                names.push(path.strip_prefix(base)?.to_string_lossy().into_owned());
            }
        }
    }
    names.sort();
    Ok(names)
}

// === impl Capture ===

impl Capture {
    /// Does its name say that it shows an attack?
    pub(super) fn says_attack(&self) -> bool {
        let name = self.name.to_lowercase();
        ATTACKS.iter().any(|word| name.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_say_so_say_an_attack() {
        let capture =
            |name: &str| Capture { name: name.into(), judged: Judged::Refused(String::new()) };
        assert!(capture("ndpi/SynScan.pcap").says_attack());
        assert!(!capture("zeek/ftp/retr.pcap").says_attack());
    }
}
