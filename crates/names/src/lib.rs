//! What is known of names: what was registered, how popular it is, what service stands behind it,
//! and how likely a machine made it up.
//!
//! Names come in lower case, with or without the final dot. Everything is embedded at build time
//! from `data/` (sources and licences are in `data/README.md`), read once on first use, and never
//! changes while the program runs. Bias: a list here excuses, it never accuses by itself; a name
//! that is on no list is merely unknown. Failure choice: text that is no name is on no list, has
//! no registrable name and scores 0.
#![forbid(unsafe_code)]
#![warn(clippy::indexing_slicing)]

pub mod dga;

mod classes;
mod networks;
mod popular;
mod registrable;

pub use classes::{
    is_address_lookup, is_cdn_name, is_doh_name, is_dynamic_dns, is_dynamic_dns_zone,
    is_infrastructure, is_shared_hosting, is_upload_api,
};
pub use dga::dga_llr;
pub use networks::{is_cdn, is_public_resolver};
pub use popular::popularity;
pub use registrable::{is_local, is_public_suffix, registrable};

/// No name of the DNS is longer (RFC 1035, section 2.3.4).
const LONGEST_NAME: usize = 255;

/// A name without its final dot.
fn plain(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// The lines of an embedded list: no comments, no blanks.
fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
}
