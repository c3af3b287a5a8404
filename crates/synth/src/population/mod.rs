//! What clean machines do, look-alikes of bots included.

mod backup;
mod browsing;
mod camera;
mod captive;
mod delivery;
mod device;
mod lookups;
mod mail;
mod monitoring;
mod noise;
mod push;
mod revocation;
mod server;
mod timers;
mod torrent;
mod websocket;

pub use backup::Backup;
pub use browsing::Browsing;
pub use camera::Camera;
pub use captive::CaptiveProbe;
pub use delivery::Delivery;
pub use device::Device;
pub use lookups::{LookupForm, Lookups};
pub use mail::Mail;
pub use monitoring::Monitoring;
pub use noise::{DeadName, Suffixes};
pub use push::Push;
pub use revocation::Revocation;
pub use server::Server;
pub use timers::{Ntp, Timer};
pub use torrent::Torrent;
pub use websocket::WebSocket;
