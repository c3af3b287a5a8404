//! Indicators in columns, as abuse.ch exports them.
#![no_main]

ostium_fuzz::target!(intel::table);
