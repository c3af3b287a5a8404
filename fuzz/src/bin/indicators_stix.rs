//! Indicators in STIX.
#![no_main]

ostium_fuzz::target!(intel::stix);
