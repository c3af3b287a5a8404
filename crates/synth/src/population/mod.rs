//! What clean machines do, look-alikes of bots included.

mod browsing;
mod mail;
mod noise;
mod push;
mod server;
mod timers;
mod torrent;

pub use browsing::Browsing;
pub use mail::Mail;
pub use noise::{DeadName, Suffixes};
pub use push::Push;
pub use server::Server;
pub use timers::{Ntp, Timer};
pub use torrent::Torrent;
