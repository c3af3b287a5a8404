//! Blocks of the ring that the kernel fills.
#![no_main]

ostium_fuzz::target!(wire::ring_block);
