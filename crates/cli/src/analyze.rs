//! `ostium analyze`.

use std::ops::ControlFlow;
use std::process::ExitCode;

use ostium_event::Home;
use ostium_judge::Policy;
use ostium_pipeline::{Analysis, Input, Settings, analyze, open};
use ostium_report::Document;

use crate::args::{AnalyzeArgs, FailOn, SiteArgs};
use crate::fail::Fail;
use crate::interrupt::Interrupt;
use crate::output::{paint, print, render, say, write_file};
use crate::progress::Bar;
use crate::{intel, output};

/// Runs the command.
pub(crate) fn run(args: &AnalyzeArgs) -> Result<ExitCode, Fail> {
    let inputs = open_all(&args.inputs, args.quiet)?;
    let settings = settings(&args.site, args.all, args.quiet)?;
    let (bar, interrupt) = (Bar::new(args.quiet), Interrupt::listen());
    let analysis = analyze(inputs, &settings, &mut |progress| {
        bar.show(progress);
        if interrupt.is_raised() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    bar.clear();
    tell(&analysis, args.quiet);
    let document = &analysis.document;
    let paint = match args.output {
        Some(_) => ostium_report::Paint { colour: false, width: None },
        None => paint(),
    };
    let text = render(document, args.format, paint)?;
    match &args.output {
        Some(path) => write_file(path, &text)?,
        None => print(&text)?,
    }
    if let Some(path) = &args.html {
        write_file(path, &ostium_report::html::report(document))?;
    }
    hint(document, args);
    let nothing_read = document.totals.packets == 0 && document.totals.rows == 0;
    if nothing_read && !analysis.notes.is_empty() {
        return Err(Fail::new("nothing could be read"));
    }
    let status = status(document, args.fail_on);
    // The process ends: the kernel takes all of it back at once.
    std::mem::forget(analysis.memory);
    Ok(status)
}

/// Opens every input; what cannot be read is said, and ends the command only when nothing is left.
fn open_all(paths: &[String], quiet: bool) -> Result<Vec<Input>, Fail> {
    let mut inputs = Vec::new();
    let mut failed = false;
    for path in paths {
        let (opened, errors, notes) = open(path);
        inputs.extend(opened);
        for error in errors {
            if paths.len() == 1 && inputs.is_empty() && notes.is_empty() {
                return Err(Fail::new(error.to_string()));
            }
            failed = true;
            say(format_args!("{error}"));
        }
        // In a folder there are many logs of no use; one line each would hide what matters.
        if !quiet && notes.len() == 1 {
            notes.iter().for_each(|note| say(format_args!("{}", note.0)));
        } else if !quiet && !notes.is_empty() {
            say(format_args!(
                "{path}: {} files say nothing of use and are passed over",
                notes.len()
            ));
        }
    }
    if inputs.is_empty() {
        let why = if failed { "nothing could be read" } else { "no input says anything of use" };
        return Err(Fail::new(why));
    }
    Ok(inputs)
}

/// Settings from what was typed.
pub(crate) fn settings(site: &SiteArgs, all: bool, quiet: bool) -> Result<Settings, Fail> {
    let home = if site.home.is_empty() { Home::private() } else { Home::new(&site.home) };
    let threads = match site.threads {
        Some(threads) => usize::from(threads),
        None => std::thread::available_parallelism().map_or(1, usize::from).min(16),
    };
    Ok(Settings {
        home,
        site: site.site.clone(),
        roles: site.role.clone(),
        intel: intel::load(&site.intel, quiet)?,
        policy: Policy { prior: site.prior, ..Policy::default() },
        memory: site.memory.0,
        threads,
        all,
    })
}

fn tell(analysis: &Analysis, quiet: bool) {
    if analysis.interrupted {
        say(format_args!("interrupted; this is the report on what was read until then"));
    }
    if !quiet {
        for note in &analysis.notes {
            say(format_args!("{}", note.0));
        }
    }
}

fn hint(document: &Document, args: &AnalyzeArgs) {
    if args.quiet {
        return;
    }
    if document.totals.hosts == 0 {
        say(format_args!(
            "no inside host was seen; home is {}. Say what is inside: --home CIDR",
            document.home.join(", ")
        ));
    }
}

fn status(document: &Document, fail_on: Option<FailOn>) -> ExitCode {
    let found = match fail_on {
        None => false,
        Some(FailOn::Infected) => document.totals.infected > 0,
        Some(FailOn::Suspect) => document.totals.infected + document.totals.suspect > 0,
    };
    if found { ExitCode::from(3) } else { ExitCode::SUCCESS }
}

/// Used by other commands to print a document.
pub(crate) fn show(document: &Document, format: crate::args::Format) -> Result<(), Fail> {
    print(&render(document, format, output::paint())?)
}
