//! The page of a report in a real browser: quiet, safe, readable on a phone, and to be heard.
//!
//! Needs Chromium: without it the tests say so and pass, but not where `CI` is set, for there it has
//! to be.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail as tests do, but clippy only knows functions marked as tests"
)]

mod hostile;
mod looks;

use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ostium_browser::{Browser, Media, Page, address_of};
use ostium_event::Home;
use ostium_pipeline::{Settings, analyze, from_reader};
use ostium_report::{Document, html};
use ostium_synth::demo;
use serde_json::Value;

/// The report on the demonstration world, clean hosts too.
fn world() -> &'static Document {
    static WORLD: OnceLock<Document> = OnceLock::new();
    WORLD.get_or_init(|| {
        let mut capture = Vec::new();
        let truth = demo(1).write_pcap(&mut capture).unwrap();
        let size = capture.len() as u64;
        let input = from_reader("world.pcap", Some(size), Box::new(Cursor::new(capture))).unwrap();
        let settings = Settings { home: Home::new(&truth.home), all: true, ..Settings::default() };
        analyze(vec![input], &settings, &mut |_| ControlFlow::Continue(())).document
    })
}

/// The page of a report, open in a browser; `None` when there is no browser.
fn open(name: &str, document: &Document) -> Option<Page> {
    let mut page = browser()?;
    show(&mut page, name, &html::report(document));
    Some(page)
}

/// An empty page of a browser; `None` when there is none.
fn browser() -> Option<Page> {
    let Some(program) = ostium_browser::find() else {
        assert!(std::env::var_os("CI").is_none(), "no Chromium here: apt-get install chromium");
        eprintln!("note: no Chromium here, so nothing was tested");
        return None;
    };
    let mut page = Page::new(Browser::start(&program, &folder()).unwrap()).unwrap();
    page.screen(1280, 900, 1.0).unwrap();
    Some(page)
}

/// Opens a page in a browser that is there.
fn show(page: &mut Page, name: &str, text: &str) {
    let file = folder().join(format!("{name}.html"));
    std::fs::write(&file, text).unwrap();
    page.open(&address_of(&file)).unwrap();
}

/// A folder of these tests alone.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// An expression's value as a number.
fn number(page: &mut Page, expression: &str) -> f64 {
    let value = page.ask(expression).unwrap();
    value.as_f64().unwrap_or_else(|| panic!("{expression}: {value}"))
}

/// An expression's value as words, one for each fault.
fn words(page: &mut Page, expression: &str) -> Vec<String> {
    let Value::Array(all) = page.ask(expression).unwrap() else { panic!("{expression}") };
    all.iter().map(|word| word.as_str().unwrap_or_default().to_owned()).collect()
}
