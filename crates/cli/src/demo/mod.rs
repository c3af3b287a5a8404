//! `ostium demo`: one perimeter that names its infected machines, then three that a hub joins.

mod alone;
mod hub;
mod site;
mod story;

use std::process::ExitCode;

use crate::args::{DemoArgs, Format};
use crate::fail::Fail;

/// Runs the command.
pub(crate) fn run(args: &DemoArgs) -> Result<ExitCode, Fail> {
    alone::tell(args)?;
    if !args.alone && args.format == Format::Table {
        story::tell(args.seed)?;
    }
    Ok(ExitCode::SUCCESS)
}
