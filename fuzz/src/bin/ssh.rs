//! Conversations of one protocol: ssh.
#![no_main]

ostium_fuzz::target!(parse::ssh);
