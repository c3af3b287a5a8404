//! What infected machines do besides: one habit each, after the shapes that reports describe. No
//! bytes of any real program are here.

mod beacon;
mod dga;
mod dns_tunnel;
mod doh_tunnel;
mod held;
mod poller;
mod rat;
mod scanner;
mod sleep;
mod spammer;
mod thief;
mod words;

pub use beacon::Beacon;
pub use dga::{Dga, DgaAlphabet};
pub use dns_tunnel::{DnsTunnel, TunnelEncoding, TunnelRecord};
pub use doh_tunnel::DohTunnel;
pub use held::Held;
pub use poller::{Carrier, Fate, Poller};
pub use rat::Rat;
pub use scanner::Scanner;
pub use sleep::{Sleep, SleepLaw};
pub use spammer::Spammer;
pub use thief::Thief;
