//! `ostium hub`, and the commands that talk to a hub.

pub(crate) mod args;
mod ask;
mod invite;
mod order;
mod root;
pub(crate) mod show;
mod table;

use std::process::ExitCode;

use ostium_hub::control::{Change, Decide};
use ostium_hub::{HubError, Options};

use self::args::{HubArgs, HubCommand, RunArgs};
use crate::fail::Fail;
use crate::output::print;

/// Runs the command.
pub(crate) fn run(args: HubArgs) -> Result<ExitCode, Fail> {
    let Some(command) = args.command else { return serve(args.run) };
    match command {
        HubCommand::Invite(args) => invite::run(&args),
        HubCommand::Status(at) => show::status(&at),
        HubCommand::Orgs(at) => show::orgs(&at),
        HubCommand::Sensors(at) => show::sensors(&at),
        HubCommand::Indicators(args) => show::indicators(&args),
        HubCommand::Entries(at) => show::entries(&at),
        HubCommand::Why(args) => show::why(&args.at.socket, &args.value, args.at.format),
        HubCommand::Confirm(a) => order::decide(Decide::Confirm, a.value, a.because, &a.at),
        HubCommand::Withdraw(a) => order::decide(Decide::Withdraw, a.value, a.because, &a.at),
        HubCommand::Leave(a) => order::decide(Decide::Leave, a.value, a.because, &a.at),
        HubCommand::Exempt(a) => order::decide(Decide::Exempt, a.value, a.because, &a.at),
        HubCommand::Unexempt(a) => order::decide(Decide::Unexempt, a.value, a.because, &a.at),
        HubCommand::Vouch(a) => {
            let change = Change::Vouch { organisation: a.organisation, share: a.share };
            order::change(change, a.because, &a.at)
        }
        HubCommand::Silence(a) => {
            let change = Change::Silence { organisation: a.organisation, silenced: !a.end };
            order::change(change, a.because, &a.at)
        }
        HubCommand::Ranges(a) => {
            let change = Change::Ranges { organisation: a.organisation, ranges: a.ranges };
            order::change(change, a.because, &a.at)
        }
        HubCommand::Remove(a) => {
            order::change(Change::Remove { sensor: a.sensor }, a.because, &a.at)
        }
        HubCommand::Kill(a) => order::change(Change::Kill, a.because, &a.at),
        HubCommand::Resume(a) => order::change(Change::Resume, a.because, &a.at),
        HubCommand::Audit(args) => show::audit(&args),
        HubCommand::Backup(args) => order::backup(&args),
        HubCommand::Restore(args) => root::restore(&args),
        HubCommand::Root(args) => root::run(args.command),
        HubCommand::Policy => {
            print(ostium_hub::POLICY)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn serve(args: RunArgs) -> Result<ExitCode, Fail> {
    let options = Options {
        state: args.state,
        listen: args.listen,
        names: args.name,
        policy: args.policy,
        socket: args.socket,
        metrics: args.metrics,
        aloud: !args.quiet,
    };
    ostium_hub::run(&options).map_err(|error| fail(&error))?;
    Ok(ExitCode::SUCCESS)
}

fn fail(error: &HubError) -> Fail {
    Fail::new(error.to_string())
}
