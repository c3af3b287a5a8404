//! Reports as they are read by 'why'.
#![no_main]

ostium_fuzz::target!(report::document);
