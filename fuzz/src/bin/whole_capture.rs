//! The whole path of a capture, with little memory.
#![no_main]

ostium_fuzz::target!(whole::capture);
