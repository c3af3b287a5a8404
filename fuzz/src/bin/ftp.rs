//! Conversations of one protocol: ftp.
#![no_main]

ostium_fuzz::target!(parse::ftp);
