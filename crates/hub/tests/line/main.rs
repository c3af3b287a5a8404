//! A hub and its sensors over real sockets.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod calls;
mod lasting;
mod world;
