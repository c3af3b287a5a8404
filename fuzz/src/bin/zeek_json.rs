//! Zeek logs, JSON lines.
#![no_main]

ostium_fuzz::target!(ingest::zeek_json);
