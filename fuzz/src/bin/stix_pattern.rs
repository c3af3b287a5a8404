//! Patterns of STIX.
#![no_main]

ostium_fuzz::target!(intel::stix_pattern);
