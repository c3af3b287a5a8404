//! An entry of the signed feed.
#![no_main]

ostium_fuzz::target!(feed::feed_entry);
