//! Frames of every link layer.
#![no_main]

ostium_fuzz::target!(wire::frame);
