//! Reading source text: the files of the tree and the functions in a file.
//!
//! Functions are found by indentation, which holds because the tree is kept formatted; odd text
//! inside a raw string can hide a function, and hides nothing worse.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold no source of ours.
const SKIPPED: &[&str] = &["target", "node_modules", "dist", "corpus-run"];

/// A text file of the tree.
#[derive(Debug)]
pub(crate) struct Text {
    /// Relative to the root, with slashes.
    pub(crate) path: String,
    pub(crate) body: String,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Line of its signature, from 1.
    pub(crate) line: usize,
    /// Lines from signature to closing brace.
    pub(crate) lines: usize,
}

/// Every file below `root` whose name ends in one of `endings`, sorted by path.
pub(crate) fn texts(root: &Path, endings: &[&str]) -> Result<Vec<Text>, Box<dyn Error>> {
    let mut found = Vec::new();
    walk(root, endings, &mut found)?;
    found.sort_unstable();
    let read = |path: PathBuf| -> Result<Text, Box<dyn Error>> {
        let bytes = fs::read(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let name = path.strip_prefix(root).unwrap_or(&path);
        Ok(Text {
            path: name.to_string_lossy().replace('\\', "/"),
            body: String::from_utf8_lossy(&bytes).into_owned(),
        })
    };
    found.into_iter().map(read).collect()
}

fn walk(folder: &Path, endings: &[&str], found: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    let list =
        fs::read_dir(folder).map_err(|e| format!("cannot list {}: {e}", folder.display()))?;
    for entry in list {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let hidden = name.starts_with('.') && name != ".ci" && name != ".cargo";
            if !hidden && !SKIPPED.contains(&name.as_str()) {
                walk(&entry.path(), endings, found)?;
            }
        } else if kind.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(entry.path());
        }
    }
    Ok(())
}

/// The functions of a formatted Rust file, in order.
pub(crate) fn functions(body: &str) -> Vec<Function> {
    let lines: Vec<&str> = body.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let text = line.trim_start();
        let Some(name) = function_name(text) else {
            continue;
        };
        let indent = line.len() - text.len();
        let Some(length) = length(lines.get(at..).unwrap_or_default(), indent) else {
            continue;
        };
        found.push(Function { name: name.to_owned(), line: at + 1, lines: length });
    }
    found
}

/// The name that a line gives to a function, if it begins one.
fn function_name(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix("fn ") {
            let end = after.find(|c: char| !c.is_alphanumeric() && c != '_')?;
            return after.get(..end).filter(|name| !name.is_empty());
        }
        let (word, after) = rest.split_once(' ')?;
        let qualifier = matches!(word, "pub" | "const" | "async" | "unsafe" | "extern" | "default")
            || word.starts_with("pub(")
            || word.starts_with('"');
        if !qualifier {
            return None;
        }
        rest = after;
    }
}

/// Lines of the item that begins with the first line; `None` when it has no body.
fn length(lines: &[&str], indent: usize) -> Option<usize> {
    let first = lines.first()?.trim_end();
    if first.ends_with(';') {
        return None;
    }
    if first.ends_with('}') {
        return Some(1);
    }
    for (at, line) in lines.iter().enumerate().skip(1) {
        let text = line.trim_start();
        if text.is_empty() || line.len() - text.len() != indent {
            continue;
        }
        let text = text.trim_end();
        if text == "}" {
            return Some(at + 1);
        }
        if text.starts_with(')') && text.ends_with(';') {
            return None;
        }
        if text.starts_with(')') && text.ends_with('}') {
            return Some(at + 1);
        }
    }
    None
}

/// The line, from 1, at which a file's `#[cfg(test)]` module begins; past the end without one.
pub(crate) fn tests_begin(body: &str) -> usize {
    let mut before = "";
    for (at, line) in body.lines().enumerate() {
        if before == "#[cfg(test)]" && line.starts_with("mod ") && line.ends_with('{') {
            return at + 1;
        }
        before = line;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "\
//! Head.
pub(crate) const fn one() -> u8 { 1 }

trait Shape {
    fn area(&self) -> u8;
    fn long(
        &self,
    ) -> u8;
    fn given(&self) -> u8 {
        2
    }
}

pub fn wide(
    a: u8,
) -> u8 {
    if a > 1 {
        a
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    fn inner() {
    }
}
";

    #[test]
    fn finds_functions_and_their_length() {
        let found: Vec<_> =
            functions(SAMPLE).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
        let named = |name: &str, line, lines| (name.to_owned(), line, lines);
        assert_eq!(
            found,
            [named("one", 2, 1), named("given", 9, 3), named("wide", 14, 9), named("inner", 26, 2)]
        );
    }

    #[test]
    fn knows_where_the_tests_begin() {
        assert_eq!(tests_begin(SAMPLE), 25, "the line of `mod tests`");
        assert_eq!(tests_begin("fn main() {}"), usize::MAX);
    }
}
