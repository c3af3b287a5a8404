//! The kernel's own language: single elements of sets, and entries of connection tracking,
//! without starting a program.
//!
//! Messages are those of nfnetlink (`linux/netfilter/nfnetlink.h`, `nf_tables.h`,
//! `nfnetlink_conntrack.h`): a header, a family, and attributes of type and length. [`attr`] and
//! [`message`] read and write them without a socket; what the kernel answers is read as bytes from
//! outside are: bounded, and malformed is an error, never a panic.

pub mod attr;
pub mod conntrack;
pub mod dump;
pub mod message;

mod elements;
mod socket;

pub use elements::{Elements, Family};
pub use socket::Netlink;
