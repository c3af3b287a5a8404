//! What bots and their servers say, as bytes, for those who say it over real sockets: the words
//! are those of the worlds, so that a live bot looks like a made-up one.

use crate::http::{self, Request};

pub use crate::bots::is_named;
pub use crate::dns::{Answers, query, reply};
pub use crate::names::{SITES, site};
pub use crate::rng::Rng;
pub use crate::tls::{Handshake, Heard, Shown};

/// A request of a program over HTTP; `post` is how many bytes it posts, 0 asks with GET.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Whom it asks.
    pub host: &'a str,
    /// For what.
    pub path: &'a str,
    /// What it calls itself.
    pub user_agent: &'a str,
    /// Bytes that it posts.
    pub post: usize,
}

// === impl Ask ===

impl Ask<'_> {
    /// The request.
    pub fn bytes(&self, rng: &mut Rng) -> Vec<u8> {
        let Self { host, path, user_agent, post } = *self;
        http::request(rng, &Request { host, path, user_agent, browser: false, post }).whole()
    }
}

impl<'a> From<&'a crate::habit::Beacon> for Ask<'a> {
    fn from(beacon: &'a crate::habit::Beacon) -> Self {
        let Request { host, path, user_agent, post, .. } = beacon.request();
        Self { host, path, user_agent, post }
    }
}

/// A reply over HTTP, of some type and length.
pub fn page(rng: &mut Rng, kind: &str, length: usize) -> Vec<u8> {
    http::reply(rng, kind, length).whole()
}
