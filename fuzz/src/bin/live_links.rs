//! The kernel's list of interfaces.
#![no_main]

ostium_fuzz::target!(live::live_links);
