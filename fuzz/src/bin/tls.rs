//! Conversations of one protocol: tls.
#![no_main]

ostium_fuzz::target!(parse::tls);
