//! One row of Zeek's connections: one pass against single fields.
#![no_main]

ostium_fuzz::target!(ingest::conn_row);
