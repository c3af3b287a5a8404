//! Worlds for the tests of detectors.
