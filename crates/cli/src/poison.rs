//! `ostium poison`: organisations that lie to a hub, and what that does.

use std::process::ExitCode;

use ostium_poison::{Progress, Settings, run as play};

use crate::args::{EvalFormat, PoisonArgs};
use crate::fail::Fail;
use crate::interrupt::Interrupt;
use crate::output::{pretty, print, say, write_file};
use crate::progress::RunBar;

/// Runs the command.
pub(crate) fn run(args: &PoisonArgs) -> Result<ExitCode, Fail> {
    let mut settings = Settings { seeds: args.seeds, days: args.days, ..Settings::default() };
    if !args.attack.is_empty() {
        settings.attacks.clone_from(&args.attack);
    }
    if let Some(fault) = settings.fault() {
        return Err(Fail::new(fault));
    }
    let (bar, interrupt) = (RunBar::new(args.quiet), Interrupt::listen());
    let table = play(&settings, &mut |progress: Progress| {
        let about = format!("{}, {} liars", progress.attack, progress.liars);
        bar.show(progress.done, progress.of, about);
        !interrupt.is_raised()
    });
    bar.clear();
    if table.partial {
        say(format_args!("interrupted; these are the rows that were done"));
    }
    let text = match args.format {
        EvalFormat::Table => table.text(),
        EvalFormat::Json => pretty(&table)?,
        EvalFormat::Markdown => table.markdown(),
    };
    match &args.output {
        Some(path) => write_file(path, &text)?,
        None => print(&text)?,
    }
    match table.rows.iter().map(|row| row.on_rails).sum::<u32>() {
        0 => Ok(ExitCode::SUCCESS),
        n => Err(Fail::new(format!(
            "{n} values on a rail were published, which is a fault of ours; please report it"
        ))),
    }
}
