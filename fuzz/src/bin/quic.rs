//! Conversations of one protocol: quic.
#![no_main]

ostium_fuzz::target!(parse::quic);
