//! What an input is, and its compression.
#![no_main]

ostium_fuzz::target!(ingest::unpack);
