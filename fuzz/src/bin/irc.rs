//! Conversations of one protocol: irc.
#![no_main]

ostium_fuzz::target!(parse::irc);
