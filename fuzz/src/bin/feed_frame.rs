//! Frames of the signed feed and their bodies, signed here.
#![no_main]

ostium_fuzz::target!(feed::feed_frame);
