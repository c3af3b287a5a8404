//! A message of the DNS, as bots and their outside read it.
#![no_main]

ostium_fuzz::target!(live::live_dns);
