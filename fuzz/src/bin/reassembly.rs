//! A TCP stream in any segments.
#![no_main]

ostium_fuzz::target!(track::reassembly);
