//! The shape of the source: every file says what it is, stays small, and leaves nothing behind.
//!
//! Bias: a rule here is one that a reader would otherwise have to repeat in every review. A rule
//! that needs an exception gets it in a table below, with its reason.

mod form;

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use crate::Outcome;
use crate::args::Args;
use crate::source::{self, Function, Text};

pub(crate) const HELP: &str = "\
usage: cargo xtask tidy [--long]

Every Rust file begins with `//!` and has at most 500 lines; a function has at most 80, and nine
of ten functions of a crate at most 40 (tests are free); every crate inherits the workspace's lints
and forbids unsafe code, which stands in capture/src/sys alone; no marks of unfinished work; no
paths of one machine; the number of the form of what outlasts a restart rises with its types.
--long lists the functions of more than 40 lines instead.";

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 80;
const FUNCTION_LINES_P90: usize = 40;

/// Crates that cannot forbid unsafe code, and why.
const UNSAFE: &[(&str, &str)] =
    &[("crates/capture", "capture/sys talks to the kernel; the rest of the crate denies it")];

/// The one line that allows unsafe code, and what must follow it.
const UNSAFE_AT: (&str, &str) = ("crates/capture/src/lib.rs", "mod sys;");

/// Marks of unfinished work, in two halves so that this file has none.
const MARKS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Beginnings of paths that belong to one person, in two halves likewise.
const HOMES: &[&str] = &[concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/")];

pub(crate) fn main(root: &Path, mut args: Args) -> Outcome {
    if args.switch("--long") {
        args.done()?;
        return list_long(root);
    }
    args.done()?;
    let faults = faults(root)?;
    for fault in &faults {
        println!("{fault}");
    }
    Ok(faults.is_empty())
}

/// What is untidy, one line each, as `file:line: what`.
pub(crate) fn faults(root: &Path) -> Result<Vec<String>, Box<dyn Error>> {
    let endings = [".rs", ".toml", ".md", ".sh", ".yml", ".yaml", "run"];
    let mut texts = source::texts(root, &endings)?;
    // What a program made, nobody reads: `cargo xtask proto` checks it.
    texts.retain(|text| !text.path.ends_with("src/wire.rs") || !text.body.contains("@generated"));
    // A path of one part, such as a container's /app, is a word of the web as well.
    let mut machine = vec![root.canonicalize()?.to_string_lossy().into_owned()];
    machine.extend(std::env::var("HOME"));
    machine.retain(|path| path.matches('/').count() > 1);
    let mut faults = Vec::new();
    for text in &texts {
        leftovers(text, &machine, &mut faults);
        if text.path.ends_with(".rs") {
            file_shape(text, &mut faults);
            unsafe_places(text, &mut faults);
        }
        if text.path.ends_with("Cargo.toml") && text.path != "Cargo.toml" {
            manifest(text, &mut faults);
        }
        if text.path.ends_with("src/lib.rs") || text.path.ends_with("src/main.rs") {
            crate_root(text, &mut faults);
        }
    }
    nine_of_ten(&texts, &mut faults);
    faults.extend(form::fault(&texts));
    Ok(faults)
}

fn list_long(root: &Path) -> Outcome {
    for text in source::texts(root, &[".rs"])? {
        for f in own_functions(&text).filter(|f| f.lines > FUNCTION_LINES_P90) {
            println!("{}:{}: fn {} has {} lines", text.path, f.line, f.name, f.lines);
        }
    }
    Ok(true)
}

fn leftovers(text: &Text, machine: &[String], faults: &mut Vec<String>) {
    for (at, line) in text.body.lines().enumerate() {
        let place = format!("{}:{}", text.path, at + 1);
        if let Some(mark) = MARKS.iter().find(|mark| has_word(line, mark)) {
            faults.push(format!(
                "{place}: {mark} marks unfinished work; finish it, or say in words what is absent"
            ));
        }
        let own = machine.iter().any(|path| has_path(line, path));
        if own || HOMES.iter().any(|home| names_a_home(line, home)) {
            faults.push(format!("{place}: a path of one machine; make it relative"));
        }
    }
}

fn file_shape(text: &Text, faults: &mut Vec<String>) {
    let path = &text.path;
    if !text.body.starts_with("//!") {
        faults.push(format!(
            "{path}:1: the file does not begin with `//!`; say what it is, its bias, how it fails"
        ));
    }
    let lines = text.body.lines().count();
    if lines > FILE_LINES {
        faults.push(format!(
            "{path}:{lines}: {lines} lines, at most {FILE_LINES}; part it by purpose"
        ));
    }
    for function in source::functions(&text.body) {
        if function.lines > FUNCTION_LINES {
            faults.push(format!(
                "{path}:{}: fn {} has {} lines, at most {FUNCTION_LINES}; name its parts",
                function.line, function.name, function.lines
            ));
        }
    }
}

/// Unsafe code is allowed in one place only.
fn unsafe_places(text: &Text, faults: &mut Vec<String>) {
    let allow = concat!("allow(", "unsafe_code");
    let mut lines = text.body.lines().enumerate().peekable();
    while let Some((at, line)) = lines.next() {
        let next = lines.peek().map_or("", |(_, next)| next.trim());
        let lawful = text.path == UNSAFE_AT.0 && next == UNSAFE_AT.1;
        if line.contains(allow) && !lawful {
            faults.push(format!(
                "{}:{}: unsafe code is for crates/capture/src/sys alone; do it in safe code",
                text.path,
                at + 1
            ));
        }
    }
}

/// Nine of ten functions of a crate are short. Tests are free: they are read as a list.
fn nine_of_ten(texts: &[Text], faults: &mut Vec<String>) {
    let mut sizes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for text in texts.iter().filter(|text| text.path.ends_with(".rs")) {
        let Some((folder, _)) = text.path.split_once("/src/") else {
            continue;
        };
        let own = own_functions(text).map(|f| f.lines);
        sizes.entry(folder).or_default().extend(own);
    }
    for (folder, mut lines) in sizes {
        lines.sort_unstable();
        let last = (lines.len() * 9).div_ceil(10).saturating_sub(1);
        let p90 = lines.get(last).copied().unwrap_or_default();
        if lines.len() >= 10 && p90 > FUNCTION_LINES_P90 {
            faults.push(format!(
                "{folder}/src: only nine of ten functions stay within {p90} lines, it should be \
                 {FUNCTION_LINES_P90}; `cargo xtask tidy --long` lists the long ones"
            ));
        }
    }
}

/// The functions of a file that are no tests.
fn own_functions(text: &Text) -> impl Iterator<Item = Function> {
    let all_tests = text.path.ends_with("tests.rs") || text.path.contains("/tests/");
    let end = match all_tests {
        true => 0,
        false => source::tests_begin(&text.body),
    };
    let functions = source::functions(&text.body).into_iter();
    functions.filter(move |f| f.line < end)
}

fn manifest(text: &Text, faults: &mut Vec<String>) {
    let mut lines = text.body.lines().map(str::trim);
    let listed = lines.any(|line| line == "[lints]");
    if !listed || lines.next() != Some("workspace = true") {
        faults.push(format!(
            "{}:1: the crate does not inherit the lints; add `[lints]` and `workspace = true`",
            text.path
        ));
    }
}

fn crate_root(text: &Text, faults: &mut Vec<String>) {
    let folder = text.path.split("/src/").next().unwrap_or_default();
    let excused = UNSAFE.iter().any(|row| row.0 == folder);
    let forbids = text.body.contains("#![forbid(unsafe_code)]");
    let denies = text.body.contains("#![deny(unsafe_code)]");
    let lawful = forbids || (excused && denies);
    if !lawful {
        let word = if excused { "deny" } else { "forbid" };
        faults.push(format!("{}:1: the crate does not say `#![{word}(unsafe_code)]`", text.path));
    }
}

/// Does the line hold this word, with no letter, digit or underscore at either side?
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// Does the line hold this path or one below it?
fn has_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + path.len()..).and_then(|text| text.chars().next());
        let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

/// Does the line hold a person's folder: the beginning, a name, and a slash?
fn names_a_home(line: &str, home: &str) -> bool {
    line.match_indices(home).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + home.len()..).unwrap_or_default();
        let name = after.find(|c: char| !c.is_alphanumeric() && c != '-' && c != '.');
        let in_path = before.is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '*');
        !in_path && name.is_some_and(|end| end > 0 && after.get(end..).is_some_and(starts_path))
    })
}

fn starts_path(text: &str) -> bool {
    text.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str, body: &str) -> Text {
        Text { path: path.to_owned(), body: body.to_owned() }
    }

    #[test]
    fn a_file_needs_a_head_and_a_limit() {
        let mut faults = Vec::new();
        file_shape(&text("a.rs", "fn main() {}\n"), &mut faults);
        file_shape(&text("b.rs", &format!("//! Head.\n{}", "\n".repeat(500))), &mut faults);
        let long = format!("//! Head.\nfn f() {{\n{}}}\n", "    g();\n".repeat(79));
        file_shape(&text("c.rs", &long), &mut faults);
        let found: Vec<_> = faults.iter().map(|f| f.split(": ").next().unwrap()).collect();
        assert_eq!(found, ["a.rs:1", "b.rs:501", "c.rs:2"]);
    }

    #[test]
    fn one_function_in_ten_may_be_long() {
        let short = "fn f() {\n}\n".repeat(9);
        let long = format!("fn g() {{\n{}}}\n", "    h();\n".repeat(50));
        let mut faults = Vec::new();
        nine_of_ten(&[text("crates/a/src/lib.rs", &format!("{short}{short}{long}"))], &mut faults);
        assert_eq!(faults, Vec::<String>::new());
        nine_of_ten(&[text("crates/a/src/lib.rs", &format!("{short}{long}{long}"))], &mut faults);
        assert_eq!(faults.len(), 1);
    }

    #[test]
    fn marks_and_machines_are_found_as_words() {
        let mut faults = Vec::new();
        let mark = MARKS[0];
        let home = HOMES[0];
        let body = format!(
            "// {mark}: later\nlet {mark}S = 1;\nopen(\"{home}ann/x\")\nGET {home}page.html\n\
             see site.example{home}ann/x\n/srv/build/x\n/srv/builder\n"
        );
        leftovers(&text("a.rs", &body), &["/srv/build".into()], &mut faults);
        let found: Vec<_> = faults.iter().map(|f| f.split(": ").next().unwrap()).collect();
        assert_eq!(found, ["a.rs:1", "a.rs:3", "a.rs:6"]);
    }

    #[test]
    fn unsafe_code_has_one_place() {
        let allow = concat!("#[allow(", "unsafe_code)]");
        let mut faults = Vec::new();
        let lawful = format!("{allow}\nmod sys;\n");
        unsafe_places(&text("crates/capture/src/lib.rs", &lawful), &mut faults);
        assert_eq!(faults, Vec::<String>::new());
        unsafe_places(&text("crates/capture/src/file.rs", &lawful), &mut faults);
        let other = format!("{allow}\nmod file;\n");
        unsafe_places(&text("crates/capture/src/lib.rs", &other), &mut faults);
        assert_eq!(faults.len(), 2, "{faults:?}");
    }

    #[test]
    fn crates_inherit_and_forbid() {
        let mut faults = Vec::new();
        manifest(&text("a/Cargo.toml", "[lints]\nworkspace = true\n"), &mut faults);
        crate_root(&text("a/src/lib.rs", "//! A.\n#![forbid(unsafe_code)]\n"), &mut faults);
        crate_root(&text("crates/capture/src/lib.rs", "#![deny(unsafe_code)]"), &mut faults);
        assert_eq!(faults, Vec::<String>::new());
        manifest(&text("a/Cargo.toml", "[package]\n"), &mut faults);
        crate_root(&text("a/src/lib.rs", "#![deny(unsafe_code)]"), &mut faults);
        crate_root(&text("crates/capture/src/lib.rs", "//! C.\n"), &mut faults);
        assert_eq!(faults.len(), 3, "{faults:?}");
    }
}
