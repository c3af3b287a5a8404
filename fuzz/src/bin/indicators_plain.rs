//! Indicators, one a line.
#![no_main]

ostium_fuzz::target!(intel::plain);
