//! Packets at any times, between a few hosts.
#![no_main]

ostium_fuzz::target!(track::packets);
