//! Detectors: each turns behaviour into evidence, and never decides.
//!
//! A detector is one folder and one line in [`all`]. It may hear events ([`Detector::event`]), look
//! at a host ([`Detector::host`]) and look at each conversation of a host
//! ([`Detector::conversation`]). What it emits is [`Evidence`](ostium_evidence::Evidence): how many
//! nats an observation speaks for an infection, with the numbers to refute it.
#![forbid(unsafe_code)]

mod beacon;
mod detector;
mod dga;
mod dns_tunnel;
mod exfiltration;
mod failing_contact;
mod flood;
mod generator;
mod indicator;
mod irc;
mod known_tool;
mod long_connection;
mod odd_destination;
mod odd_http;
mod overlay;
mod pattern;
mod pressure;
mod rails;
mod rare_client;
mod scan;
mod spam;
mod spoofed;
mod template;
mod theft;
mod words;

use ostium_event::Home;

pub use detector::{Blind, Detector, HostSummary, Interest, View, Visible, count_shares};
pub use pattern::pattern_nats;
pub use spoofed::{Origins, spoofed_sources};
pub use template::Template;

/// Every detector, for one shard whose detectors may remember `hosts` hosts each. Without indicators
/// (`known`) nothing is kept to be matched with them.
pub fn all(hosts: usize, known: bool, home: &Home) -> Vec<Box<dyn Detector>> {
    vec![
        Box::new(beacon::Beacon),
        Box::new(long_connection::LongConnection),
        Box::new(failing_contact::FailingContact),
        Box::new(dga::Dga::new(hosts)),
        Box::new(dns_tunnel::DnsTunnel::new(hosts)),
        Box::new(scan::Scan::new(hosts, home.has_networks())),
        Box::new(spam::Spam::new(hosts)),
        Box::new(flood::Flood::new(hosts)),
        Box::new(theft::Theft::new(hosts)),
        Box::new(exfiltration::Exfiltration),
        Box::new(overlay::Overlay),
        Box::new(rare_client::RareClient),
        Box::new(odd_destination::OddDestination::new(hosts)),
        Box::new(odd_http::OddHttp),
        Box::new(irc::IrcClient::new(hosts)),
        Box::new(known_tool::KnownTool::new(hosts)),
        Box::new(indicator::IndicatorMatch::new(hosts, known)),
        Box::new(pattern::PatternMatch),
        Box::new(generator::Generator::new(hosts)),
        Box::new(pressure::Pressure::new(hosts)),
    ]
}

#[cfg(test)]
mod testing;
