//! What infected machines do besides: one habit each, after the shapes that reports describe. No
//! bytes of any real program are here.

mod beacon;
mod dga;
mod dns_tunnel;
mod rat;
mod scanner;
mod spammer;
mod thief;

pub use beacon::Beacon;
pub use dga::Dga;
pub use dns_tunnel::DnsTunnel;
pub use rat::Rat;
pub use scanner::Scanner;
pub use spammer::Spammer;
pub use thief::Thief;
