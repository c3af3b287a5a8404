//! Changes of the feed's set against a map.
#![no_main]

ostium_fuzz::target!(feed::feed_table);
