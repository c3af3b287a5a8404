//! Capture files: pcap and pcapng.
#![no_main]

ostium_fuzz::target!(wire::capture);
