//! `ostium block`, `quarantine`, `allow`, `release` and `reload`.

use std::path::Path;
use std::process::ExitCode;

use ostium_sensor_api::{Answer, Ask, Order};
use ostium_verdict::Target;

use super::args::{BlockArgs, ReloadArgs, TargetArgs};
use super::ask::{ask, strange};
use crate::fail::Fail;
use crate::output::print;

/// Stops traffic to a destination.
pub(crate) fn block(args: BlockArgs) -> Result<ExitCode, Fail> {
    if matches!(args.target, Target::Host(_)) {
        return Err(Fail::new("a host is put into quarantine by: ostium quarantine ADDRESS"));
    }
    order(
        Order::Block { target: args.target, seconds: args.span, because: args.why.because },
        &args.why.at.socket,
    )
}

/// Puts a host into the walled garden.
pub(crate) fn quarantine(args: BlockArgs) -> Result<ExitCode, Fail> {
    let target = match args.target {
        Target::Address(addr) | Target::Host(addr) => Target::Host(addr),
        Target::AddressPort(..) | Target::Name(_) => {
            return Err(Fail::new("give the address of an inside host, such as 10.1.2.3"));
        }
    };
    order(
        Order::Block { target, seconds: args.span, because: args.why.because },
        &args.why.at.socket,
    )
}

/// Never blocks a target.
pub(crate) fn allow(args: TargetArgs) -> Result<ExitCode, Fail> {
    order(Order::Allow { target: args.target, because: args.why.because }, &args.why.at.socket)
}

/// Ends a block.
pub(crate) fn release(args: TargetArgs) -> Result<ExitCode, Fail> {
    order(Order::Release { target: args.target, because: args.why.because }, &args.why.at.socket)
}

/// Has the configuration read again.
pub(crate) fn reload(args: &ReloadArgs) -> Result<ExitCode, Fail> {
    said(&Ask::Reload, &args.at.socket)
}

fn order(order: Order, socket: &Path) -> Result<ExitCode, Fail> {
    said(&Ask::Act(order), socket)
}

fn said(question: &Ask, socket: &Path) -> Result<ExitCode, Fail> {
    match ask(socket, question)? {
        Answer::Done { said } => print(&format!("{said}\n"))?,
        _ => return Err(strange()),
    }
    Ok(ExitCode::SUCCESS)
}
