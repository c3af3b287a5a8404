//! The whole path of a log, with little memory.
#![no_main]

ostium_fuzz::target!(whole::log);
