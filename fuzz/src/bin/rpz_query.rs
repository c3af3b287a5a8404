//! What anybody may ask the server of the response policy zone.
#![no_main]

ostium_fuzz::target!(rpz::rpz_query);
