//! One perimeter: a small world with known truth, analysed.

use std::io::{BufWriter, Cursor};
use std::ops::ControlFlow;
use std::path::Path;

use ostium_event::Home;
use ostium_pipeline::{Settings, analyze, from_reader};
use ostium_synth::{Truth, demo};

use crate::analyze::show;
use crate::args::{DemoArgs, Format};
use crate::fail::Fail;
use crate::output::{print, write_file};
use crate::progress::Bar;
use crate::truth::compare;

/// Makes the world, analyses it, and shows the report against the truth.
pub(super) fn tell(args: &DemoArgs) -> Result<(), Fail> {
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
    Ok(())
}

fn keep(path: &Path, capture: &[u8], truth: &Truth) -> Result<(), Fail> {
    let failed =
        |path: &Path, error| Fail::new(format!("cannot write {}: {error}", path.display()));
    std::fs::write(path, capture).map_err(|error| failed(path, error))?;
    let labels = path.with_extension("toml");
    let input = path.file_name().unwrap_or_default().to_string_lossy();
    std::fs::write(&labels, truth.to_toml("demo", &input)).map_err(|error| failed(&labels, error))
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
