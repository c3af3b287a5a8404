//! Conversations of any protocol, cut anywhere.
#![no_main]

ostium_fuzz::target!(parse::any);
