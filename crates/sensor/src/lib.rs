//! The enforcement point: live traffic watched, what is infected named, what it calls blocked.
//!
//! Threads, each with one job: one reads each interface, one answers each client of the socket,
//! one answers Prometheus, one tells resolvers of blocked names, and the main thread runs the [`ostium_pipeline::Engine`] and the
//! warden, who decides on blocks and has them enforced. All of them meet in one bounded channel.
//!
//! Bias: unknown means allow. A sensor that dies leaves blocks that end by themselves, and traffic
//! that flows; what cannot be enforced is said, and watching goes on.
#![forbid(unsafe_code)]

mod behaviour;
mod clock;
pub mod config;
mod control;
mod hub;
mod inbox;
mod keep;
mod load;
mod metrics;
mod news;
mod own;
mod pace;
mod service;
mod site;
mod source;
mod start;
mod status;
mod voice;
mod warden;
mod watch;
mod zone;

pub use news::Listener;
pub use service::{Ended, Options, SensorError, run, teardown};
