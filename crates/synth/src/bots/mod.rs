//! What infected machines do besides: one habit each, after the shapes that reports describe. No
//! bytes of any real program are here.

mod beacon;
mod clicker;
mod dga;
mod dns_tunnel;
mod doh_tunnel;
mod flooder;
mod held;
mod icmp_tunnel;
mod irc_bot;
mod miner;
mod overlay;
mod place;
mod poller;
mod rat;
mod scanner;
mod sleep;
mod spammer;
mod stealer;
mod thief;
mod vertical;
mod words;

pub use beacon::Beacon;
pub use clicker::Clicker;
pub use dga::{Dga, DgaAlphabet};
pub use dns_tunnel::{DnsTunnel, TunnelEncoding, TunnelRecord};
pub use doh_tunnel::DohTunnel;
pub use flooder::{Flood, Flooder};
pub use held::Held;
pub use icmp_tunnel::IcmpTunnel;
pub use irc_bot::IrcBot;
pub use miner::Miner;
pub use overlay::Overlay;
pub use place::is_named;
pub use poller::{Carrier, Fate, Poller};
pub use rat::Rat;
pub use scanner::Scanner;
pub use sleep::{Sleep, SleepLaw};
pub use spammer::Spammer;
pub use stealer::{StealBy, Stealer};
pub use thief::Thief;
pub use vertical::PortScan;
