//! The table, and its place in docs/performance.md.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use ostium_parse::FlowParser;
use ostium_profile::{Conversation, Detail, Histogram, Host, Timing, TlsFacts};

use super::Measured;
use super::made::Thing;

const BEGIN: &str = "<!-- written by `cargo xtask sizes --write` -->";

pub(super) fn table(all: &[Measured]) -> String {
    let mut out = "| state | bytes | aim | what fills it |\n|---|--:|--:|---|\n".to_owned();
    for Measured { thing, bytes } in all {
        let (state, aim, filling) = words(*thing);
        let aim = aim.map_or(String::new(), |aim| aim.to_string());
        // Writing to a string does not fail.
        let _written = writeln!(out, "| {state} | {bytes:.0} | {aim} | {filling} |");
    }
    out
}

/// What it is, the bytes that the design aims at, and the sizes of its parts.
fn words(thing: Thing) -> (&'static str, Option<u32>, String) {
    let conversation = size_of::<Conversation>();
    let (detail, timing, bars) = (size_of::<Detail>(), size_of::<Timing>(), size_of::<Histogram>());
    match thing {
        Thing::Flow => {
            let parser = size_of::<FlowParser>();
            let text = format!(
                "the parser's state {parser}; both ends, both directions, copies, places in table and wheel"
            );
            ("flow, nothing held", Some(128), text)
        }
        Thing::Light => (
            "conversation, fewer than four starts",
            None,
            format!("the record {conversation}, its place in the table"),
        ),
        Thing::Full => {
            let text = format!(
                "besides {detail} of detail: one series of times {timing} ({bars} of them its histogram), commonest sizes, timeline"
            );
            ("conversation, full", Some(192), text)
        }
        Thing::Talkative => {
            let tls = size_of::<TlsFacts>();
            let text = format!("besides two more series of {timing} for messages, {tls} of TLS");
            ("conversation, full, with messages and TLS", None, text)
        }
        Thing::Host => {
            ("host", None, format!("the record {}, its place in the table", size_of::<Host>()))
        }
        Thing::Detectors => {
            let text = "doors tried 1 kB and more, victims, names asked for in vain, two channels of the DNS";
            (
                "what detectors keep of a host that did each odd thing once",
                Some(2048),
                text.to_owned(),
            )
        }
    }
}

/// Puts the table where its mark stands.
pub(super) fn write(root: &Path, table: &str) -> Result<(), Box<dyn Error>> {
    let path = root.join("docs").join("performance.md");
    let page = fs::read_to_string(&path)?;
    fs::write(&path, put(&page, table).ok_or("docs/performance.md has no place for the table")?)?;
    println!("written: docs/performance.md");
    Ok(())
}

/// The page with another table after the mark.
fn put(page: &str, table: &str) -> Option<String> {
    let (text, old) = page.split_once(BEGIN)?;
    let is_table = |line: &&str| line.trim().is_empty() || line.starts_with('|');
    let rest: String = old.split_inclusive('\n').skip_while(is_table).collect();
    let gap = if rest.is_empty() { "" } else { "\n" };
    Some(format!("{text}{BEGIN}\n\n{table}{gap}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_replaced_and_nothing_else() {
        let page = format!("# A\n\n{BEGIN}\n\n| old |\n|---|\n\nText | more.\n\n| other |\n");
        let new = put(&page, "| new |\n").unwrap_or_default();
        assert_eq!(new, format!("# A\n\n{BEGIN}\n\n| new |\n\nText | more.\n\n| other |\n"));
        assert_eq!(put(&new, "| new |\n").as_deref(), Some(new.as_str()));
        assert_eq!(put("no mark", "| new |\n"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn each_state_is_measured() {
        let all = Thing::ALL.map(|thing| {
            // Few, so that a test is quick: what one takes is told by many only.
            let bytes = thing.grow(20_000).unwrap_or(f64::NAN);
            assert!(bytes.is_finite(), "{thing:?}");
            Measured { thing, bytes }
        });
        assert_eq!(table(&all).lines().count(), 2 + all.len());
    }
}
