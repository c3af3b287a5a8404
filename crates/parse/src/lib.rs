//! Application protocols, recognised by what they say and not by their port.
//!
//! The caller gives each flow a [`FlowParser`] and feeds it stream bytes in order, gaps and
//! datagrams; the parser calls a [`Sink`] with what it saw. Bias: a message that cannot be read is
//! a named anomaly, never an error, and a flow of no known protocol costs nothing after its first
//! bytes. All buffers are bounded. To add a protocol, copy `template/` and add one line to the
//! list in `protocol.rs`.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

mod bytes;
mod context;
mod dns;
mod flow;
mod ftp;
mod http;
mod irc;
mod line;
mod promise;
mod protocol;
mod quic;
mod recognise;
mod smtp;
mod ssh;
#[cfg(test)]
mod template;
mod tls;
mod tool;

pub use context::{Context, Interest, Side, Sink};
pub use flow::FlowParser;
pub use promise::stream as broken_promise;
