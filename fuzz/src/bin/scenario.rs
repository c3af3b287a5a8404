//! Scenarios of made-up worlds.
#![no_main]

ostium_fuzz::target!(scenario::toml);
