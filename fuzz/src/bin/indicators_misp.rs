//! Indicators in MISP.
#![no_main]

ostium_fuzz::target!(intel::misp);
