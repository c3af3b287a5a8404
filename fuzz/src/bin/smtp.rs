//! Conversations of one protocol: smtp.
#![no_main]

ostium_fuzz::target!(parse::smtp);
