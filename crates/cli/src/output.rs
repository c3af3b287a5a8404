//! Printing: to a terminal, a pipe or a file.

use std::io::{IsTerminal, Write};
use std::path::Path;

use ostium_report::{Document, Paint, table};

use crate::args::Format;
use crate::fail::Fail;

/// How standard output may be painted.
pub(crate) fn paint() -> Paint {
    let terminal = std::io::stdout().is_terminal();
    let width = terminal_size::terminal_size().map(|(width, _)| width.0);
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    Paint { colour: terminal && !no_colour, width: width.filter(|_| terminal) }
}

/// The report as text.
pub(crate) fn render(document: &Document, format: Format, paint: Paint) -> Result<String, Fail> {
    match format {
        Format::Table => Ok(table(document, paint)),
        Format::Json => pretty(document),
    }
}

/// Anything as JSON, with a final newline.
pub(crate) fn pretty(value: &impl serde::Serialize) -> Result<String, Fail> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| Fail::new(format!("cannot write JSON: {error}")))?;
    text.push('\n');
    Ok(text)
}

/// Prints to standard output; a reader that has seen enough is no failure.
pub(crate) fn print(text: &str) -> Result<(), Fail> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Fail::new(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Says something on standard error; whoever has closed it does not want to know.
pub(crate) fn say(words: std::fmt::Arguments<'_>) {
    let mut out = std::io::stderr().lock();
    if writeln!(out, "ostium: {words}").is_err() {
        // There is no better place to complain.
    }
}

/// Writes a file whole, or not at all: first beside it, then moved into place. What is no file (a
/// device, a pipe) is written to, for it must not be replaced by one.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), Fail> {
    let failed = |error| Fail::new(format!("cannot write {}: {error}", path.display()));
    if path.metadata().is_ok_and(|known| !known.is_file()) {
        let opened = std::fs::File::options().write(true).open(path);
        return opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    std::fs::write(&beside, text).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}
