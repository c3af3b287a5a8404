//! Conversations of one protocol: dns.
#![no_main]

ostium_fuzz::target!(parse::dns);
