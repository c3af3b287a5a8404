//! `ostium demo`: a small world with known truth, analysed.

use std::io::{BufWriter, Cursor};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use ostium_event::Home;
use ostium_pipeline::{Settings, analyze, from_reader};
use ostium_report::Document;
use ostium_synth::{Truth, demo};

use crate::analyze::show;
use crate::args::{DemoArgs, Format};
use crate::fail::Fail;
use crate::output::{print, write_file};
use crate::progress::Bar;

/// Runs the command.
pub(crate) fn run(args: &DemoArgs) -> Result<ExitCode, Fail> {
    let world = demo(args.seed);
    let mut capture = Vec::new();
    let truth = world
        .write_pcap(BufWriter::new(&mut capture))
        .map_err(|error| Fail::new(format!("cannot make the world: {error}")))?;
    if let Some(path) = &args.keep {
        keep(path, &capture, &truth)?;
    }
    let size = capture.len() as u64;
    let input = from_reader("demo.pcap", Some(size), Box::new(Cursor::new(capture)))
        .map_err(|error| Fail::new(error.to_string()))?;
    let settings = Settings {
        home: Home::new(&truth.home),
        site: "demo".to_owned(),
        threads: std::thread::available_parallelism().map_or(1, usize::from).min(8),
        ..Settings::default()
    };
    let bar = Bar::new(false);
    let analysis = analyze(vec![input], &settings, &mut |progress| {
        bar.show(progress);
        ControlFlow::Continue(())
    });
    bar.clear();
    if let Some(path) = &args.html {
        write_file(path, &ostium_report::html::report(&analysis.document))?;
    }
    show(&analysis.document, args.format)?;
    if args.format == Format::Table {
        print(&compare(&analysis.document, &truth))?;
        print(&next_steps(args))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn keep(path: &Path, capture: &[u8], truth: &Truth) -> Result<(), Fail> {
    let failed =
        |path: &Path, error| Fail::new(format!("cannot write {}: {error}", path.display()));
    std::fs::write(path, capture).map_err(|error| failed(path, error))?;
    let labels = path.with_extension("toml");
    let input = path.file_name().unwrap_or_default().to_string_lossy();
    std::fs::write(&labels, truth.to_toml("demo", &input)).map_err(|error| failed(&labels, error))
}

/// The report against the truth, host by host.
fn compare(document: &Document, truth: &Truth) -> String {
    let verdict = |addr: &str| {
        let row = document.hosts.iter().find(|host| host.host == addr);
        row.map_or("clean", |host| host.verdict.as_str()).to_owned()
    };
    let mut out = String::from("\nAgainst the truth of this made-up world:\n");
    let mut found = 0;
    for (addr, kind) in &truth.infected {
        let verdict = verdict(&addr.to_string());
        let mark = if verdict == "infected" { "found" } else { "MISSED" };
        found += usize::from(verdict == "infected");
        out.push_str(&format!("  {mark:<7} {addr:<14} {kind:<10} judged {verdict}\n"));
    }
    let mut false_alarms = 0;
    for addr in &truth.clean {
        if verdict(&addr.to_string()) == "infected" {
            false_alarms += 1;
            out.push_str(&format!("  FALSE   {addr:<14} clean      judged infected\n"));
        }
    }
    out.push_str(&format!(
        "  {found} of {} infected hosts found, {false_alarms} false alarms among {} clean hosts\n",
        truth.infected.len(),
        truth.clean.len()
    ));
    out
}

fn next_steps(args: &DemoArgs) -> String {
    let file =
        args.keep.as_ref().map_or_else(|| "capture.pcap".to_owned(), |p| p.display().to_string());
    format!(
        "\nNext:\n  \
         ostium analyze {file}                            your own traffic: pcap, Zeek logs, EVE\n  \
         ostium analyze {file} --format json > report.json\n  \
         ostium why HOST --report report.json             the whole reasoning about one host\n"
    )
}
