//! `new-detector` and `new-parser`: a copy of the compiled template under a new name.
//!
//! The template is a working, tested component, so a copy compiles on the first day. Nothing that
//! exists is overwritten, and the one line that joins the copy to the rest is left to its author.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::args::Args;
use crate::source;

pub(crate) const DETECTOR_HELP: &str = "\
usage: cargo xtask new-detector NAME

Copies crates/detect/src/template to crates/detect/src/NAME (snake_case), renames what is called
after it, and says which line joins it to the list of detectors.";

pub(crate) const PARSER_HELP: &str = "\
usage: cargo xtask new-parser NAME

Copies crates/parse/src/template to crates/parse/src/NAME (snake_case), renames what is called
after it, and says which line joins it to the list of parsers.";

const TEMPLATE: &str = "template";

pub(crate) fn detector(root: &Path, args: Args) -> Outcome {
    create(&root.join("crates").join("detect").join("src"), args, |name| {
        let line = format!("Box::new({name}::{}),", camel(name));
        [("lib.rs", format!("mod {name};")), ("lib.rs, in `all`", line)]
    })
}

pub(crate) fn parser(root: &Path, args: Args) -> Outcome {
    create(&root.join("crates").join("parse").join("src"), args, |name| {
        let camel = camel(name);
        let line = format!("{camel}(crate::{name}::{camel}),");
        [("lib.rs", format!("mod {name};")), ("protocol.rs, in `protocols!`", line)]
    })
}

/// `joins` says which lines join the copy to the rest, and where.
fn create(
    src: &Path,
    mut args: Args,
    joins: impl Fn(&str) -> [(&'static str, String); 2],
) -> Outcome {
    let name = args.position().ok_or("no name given; see --help")?;
    args.done()?;
    for path in copy(src, &name)? {
        println!("wrote {}", path.display());
    }
    println!("\nnow join it to the rest:");
    for (place, line) in joins(&name) {
        println!("  {place}: {line}");
    }
    Ok(true)
}

/// Copies the template's folder or file; the paths that were written.
fn copy(src: &Path, name: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let lawful = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !lawful || name == TEMPLATE {
        return Err(format!("'{name}' is no name for a module; use snake_case").into());
    }
    let from = src.join(TEMPLATE);
    let to = src.join(name);
    if !from.is_dir() {
        return Err(format!("there is no template at {}", from.display()).into());
    }
    if to.exists() || to.with_extension("rs").exists() {
        return Err(format!("{} exists already; choose another name", to.display()).into());
    }
    let mut written = Vec::new();
    for text in source::texts(&from, &[""])? {
        let path = to.join(renamed(&text.path, name));
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, renamed(&text.body, name))?;
        written.push(path);
    }
    Ok(written)
}

/// `template`, `Template` and `TEMPLATE` under the new name.
fn renamed(text: &str, name: &str) -> String {
    // The name in reports is joined by `-`.
    text.replace("\"template\"", &format!("\"{}\"", name.replace('_', "-")))
        .replace("Template", &camel(name))
        .replace("TEMPLATE", &name.to_uppercase())
        .replace(TEMPLATE, name)
}

fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    name.split('_').map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Scratch;

    fn folder(name: &str) -> Scratch {
        let folder = Scratch::new(name).unwrap();
        let path = &folder.0;
        fs::create_dir_all(path.join(TEMPLATE)).unwrap();
        fs::write(path.join("lib.rs"), "//! L.\nmod template;\n").unwrap();
        let body = "//! The template detector.\npub struct Template;\nconst TEMPLATE_X: u8 = 1;\n";
        fs::write(path.join(TEMPLATE).join("mod.rs"), body).unwrap();
        folder
    }

    #[test]
    fn a_copy_carries_its_own_name() {
        let folder = folder("copy");
        let written = copy(&folder.0, "fast_flux").unwrap();
        assert_eq!(written, [folder.0.join("fast_flux").join("mod.rs")]);
        let body = fs::read_to_string(&written[0]).unwrap();
        assert_eq!(
            body,
            "//! The fast_flux detector.\npub struct FastFlux;\nconst FAST_FLUX_X: u8 = 1;\n"
        );
        assert_eq!(renamed("\"template\"", "fast_flux"), "\"fast-flux\"");
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = folder("again");
        copy(&folder.0, "beacon").unwrap();
        assert!(copy(&folder.0, "beacon").is_err());
        for name in ["", "Beacon", "../beacon", "1x", "template"] {
            assert!(copy(&folder.0, name).is_err(), "{name}");
        }
    }
}
