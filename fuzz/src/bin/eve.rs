//! Suricata EVE.
#![no_main]

ostium_fuzz::target!(ingest::eve);
