//! Where the servers of bots are, as scenarios write them: a name, an address, or a word without a
//! dot, which stands for an address without a name that follows from the seed.

use ostium_event::{Addr, Timestamp};

use crate::host::Host;
use crate::rng::Rng;

/// The server is reached by a name.
pub fn is_named(server: &str) -> bool {
    server.contains('.') && server.parse::<Addr>().is_err()
}

/// Where a server is, and when the host knows.
pub(super) fn find(
    server: &str,
    rng: &mut Rng,
    host: &mut Host,
    at: Timestamp,
) -> (Addr, Timestamp) {
    match server.parse() {
        Ok(addr) => (addr, at),
        Err(_) if !is_named(server) => (host.net.bare(server), at),
        Err(_) => {
            let found = host.resolve(rng, server, at);
            (found.v4, found.at)
        }
    }
}
