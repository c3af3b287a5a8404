//! `ostium hub invite`.

use std::process::ExitCode;

use data_encoding::HEXLOWER;
use ostium_event::Timestamp;
use ostium_hub::control::{Answer, Ask};
use ostium_report::clock;
use ostium_uplink::Invitation;
use serde_json::json;

use super::args::InviteArgs;
use super::ask::{ask, strange};
use crate::args::Format;
use crate::fail::Fail;
use crate::output::{pretty, print, say};

/// Prints the line alone, so that it can be piped; what to do with it is said beside it.
pub(super) fn run(args: &InviteArgs) -> Result<ExitCode, Fail> {
    let question = Ask::Invite {
        organisation: args.organisation.clone(),
        network: args.network,
        vouched: args.vouch,
        seconds: args.span,
        sensors: args.sensors,
    };
    let Answer::Invitation { hub, print: authority, secret, until } =
        ask(&args.at.socket, &question)?
    else {
        return Err(strange());
    };
    let authority = HEXLOWER.decode(authority.as_bytes()).ok();
    let authority = authority.and_then(|bytes| bytes.try_into().ok()).ok_or_else(strange)?;
    let hub = match &args.address {
        Some(address) => reached(address, &hub),
        None => hub,
    };
    let line = Invitation { hub, print: authority, secret }.to_string();
    match args.at.format {
        Format::Json => print(&pretty(&json!({
            "line": line,
            "organisation": args.organisation,
            "sensors": args.sensors,
            "until": until,
        }))?)?,
        Format::Table => {
            print(&format!("{line}\n"))?;
            let how_many = match args.sensors {
                1 => "one sensor".to_owned(),
                n => format!("{n} sensors"),
            };
            say(format_args!(
                "{how_many} of {} may join by this line until {}; at the sensor: ostium join LINE",
                args.organisation,
                clock(Timestamp::from_secs(until)),
            ));
            if args.vouch == 0.0 {
                say(format_args!(
                    "nobody vouches for it: its word weighs nothing until it has earned it (--vouch)"
                ));
            }
            if args.network == 0 {
                say(format_args!(
                    "its network is not known: a quorum needs two that are (--network AS64500)"
                ));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// An address without a port has the hub's.
fn reached(address: &str, hub: &str) -> String {
    let port = hub.rsplit_once(':').map_or("7443", |(_, port)| port);
    if address.parse::<std::net::Ipv6Addr>().is_ok() {
        return format!("[{address}]:{port}");
    }
    let has_port = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port { address.to_owned() } else { format!("{address}:{port}") }
}
