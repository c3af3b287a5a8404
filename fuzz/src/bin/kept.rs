//! What a sensor remembered over a restart.
#![no_main]

ostium_fuzz::target!(keep::kept);
