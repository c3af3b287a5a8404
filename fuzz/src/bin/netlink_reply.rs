//! What the kernel answers to changes of sets and to dumps of connection tracking.
#![no_main]

ostium_fuzz::target!(enforce::netlink_reply);
