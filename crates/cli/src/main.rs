//! The ostium command
fn main() {}
