//! `ostium eval`: labelled cases judged, and how well.

use std::path::Path;
use std::process::ExitCode;

use ostium_eval::{
    Choice, Evaluation, Manifest, Options, Purpose, Step, markdown, notes, page, run as run_cases,
    table,
};

use crate::args::{EvalArgs, EvalFormat, Use};
use crate::fail::Fail;
use crate::interrupt::Interrupt;
use crate::output::{paint, pretty, print, say, write_file};
use crate::progress::CaseBar;

/// Runs the command.
pub(crate) fn run(args: &EvalArgs) -> Result<ExitCode, Fail> {
    let manifest = manifest(args)?;
    // A page that may not be written is said before the work, not after it.
    let kept = args.write.as_deref().map(kept_notes).transpose()?;
    let (mut bar, interrupt) =
        (CaseBar::new(args.quiet, manifest.cases.len()), Interrupt::listen());
    let threads = args.threads.map_or_else(
        || std::thread::available_parallelism().map_or(1, usize::from).min(16),
        usize::from,
    );
    let options = Options { threads, memory: args.memory.0 };
    let mut tell = |step: Step<'_>| bar.show(step);
    let go_on = || !interrupt.is_raised();
    let tried = run_cases(&manifest.cases, &manifest.base, options, &mut tell, &go_on);
    bar.clear();
    let evaluation = Evaluation::of(&tried, manifest.cases.len());
    if evaluation.is_part() {
        say(format_args!(
            "interrupted; these are the results of {} of {} cases",
            tried.len(),
            manifest.cases.len()
        ));
    }
    write(args, &evaluation, kept.as_deref())?;
    match evaluation.crashed() {
        0 => Ok(ExitCode::SUCCESS),
        1 => Err(Fail::new("one case crashed, which is a fault of ours; please report it")),
        n => {
            Err(Fail::new(format!("{n} cases crashed, which is a fault of ours; please report it")))
        }
    }
}

fn manifest(args: &EvalArgs) -> Result<Manifest, Fail> {
    let failed = |error: ostium_eval::ManifestError| Fail::new(error.to_string());
    let mut manifest = Manifest::read(&args.manifest).map_err(failed)?;
    let purpose = args.purpose.map(|purpose| match purpose {
        Use::Train => Purpose::Train,
        Use::Test => Purpose::Test,
    });
    manifest.choose(&Choice { purpose, names: args.case.clone() }).map_err(failed)?;
    for folder in &args.each {
        manifest.add_each(folder).map_err(failed)?;
    }
    Ok(manifest)
}

/// The notes of a page that is written anew.
fn kept_notes(path: &Path) -> Result<String, Fail> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Fail::new(format!("cannot read {}: {error}", path.display()))),
    };
    notes(&text).map_err(|_| {
        Fail::new(format!(
            "{} is no page of ours: it has no marks <!-- notes --> and <!-- /notes -->; name \
             another file, or add them",
            path.display()
        ))
    })
}

fn write(args: &EvalArgs, evaluation: &Evaluation, kept: Option<&str>) -> Result<(), Fail> {
    if let Some(path) = &args.html {
        write_file(path, &page(evaluation))?;
    }
    if let (Some(path), Some(kept)) = (&args.write, kept) {
        write_file(path, &markdown(evaluation, kept))?;
    }
    let none = ostium_report::Paint { colour: false, width: None };
    let text = match args.format {
        EvalFormat::Table => table(evaluation, if args.output.is_some() { none } else { paint() }),
        EvalFormat::Json => pretty(evaluation)?,
        EvalFormat::Markdown => markdown(evaluation, kept.unwrap_or_default()),
    };
    match &args.output {
        Some(path) => write_file(path, &text),
        None => print(&text),
    }
}
