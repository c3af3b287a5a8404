//! Why nothing is played.

use std::io;
use std::net::{IpAddr, SocketAddr};

/// Why nothing is played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LiveError {
    /// It might reach somebody.
    #[error(
        "not played live: {0}; call loopback addresses only (--at 127.0.0.1), or run it in a \
         network namespace that has nothing but lo, veth and bridges (ip netns exec NAME ...)"
    )]
    Unsafe(String),
    /// A habit that is not played.
    #[error(
        "{habit} of the infection '{infection}' cannot be played live; those that can are {can}; \
         --only NAME plays some infections only"
    )]
    Unplayable {
        /// The habit, and what of it.
        habit: String,
        /// Whose it is.
        infection: String,
        /// What can be played.
        can: String,
    },
    /// Nobody is infected.
    #[error("nobody to play: {0}")]
    Nobody(String),
    /// No infected machine is here.
    #[error(
        "no infected machine is here: this machine has none of the addresses {0}; give it one (ip \
         addr add ADDRESS/32 dev lo), or let all speak from one that it has: --from ADDRESS"
    )]
    NotHere(String),
    /// An address that this machine does not have.
    #[error("this machine has no address {0}: {1}")]
    NoSource(IpAddr, io::Error),
    /// No address of the outside.
    #[error("where is the outside? Say --at ADDRESS, or several with commas")]
    NoOutside,
    /// A scanner without a network.
    #[error("the infection '{0}' scans; say what it may scan, such as --scan 10.0.0.0/24")]
    NoScan(String),
    /// A port that cannot be had.
    #[error(
        "cannot listen on {0}: {1}; low ports need root, and --add-to-ports N on both sides moves \
         them all"
    )]
    Listen(SocketAddr, io::Error),
    /// Too much to listen on.
    #[error(
        "that would be {0} sockets that listen, and {1} are the most; give fewer --at, or --only"
    )]
    TooMany(usize, usize),
    /// Too many bots.
    #[error("{0} bots would play, and {1} are the most; take --only some infections")]
    TooManyBots(usize, usize),
    /// Too long, or nothing.
    #[error("it lasts between a moment and an hour: --for 60s")]
    Length,
    /// Too fast or too slow.
    #[error("the pace lies between 0.01 and 1000: --pace 30 plays a minute in two seconds")]
    Pace,
    /// The system refuses.
    #[error("cannot {0}: {1}")]
    System(&'static str, io::Error),
}
