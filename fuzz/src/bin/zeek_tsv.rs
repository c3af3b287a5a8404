//! Zeek logs, tab-separated.
#![no_main]

ostium_fuzz::target!(ingest::zeek_tsv);
