//! Conversations of one protocol: http.
#![no_main]

ostium_fuzz::target!(parse::http);
