//! `ostium completions`.

use std::process::ExitCode;

use clap::CommandFactory;

use crate::args::{Cli, CompletionsArgs};
use crate::fail::Fail;
use crate::output::print;

/// Runs the command.
pub(crate) fn run(args: &CompletionsArgs) -> Result<ExitCode, Fail> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "ostium", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}
