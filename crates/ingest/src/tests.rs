//! Whole files, from bytes to events.
