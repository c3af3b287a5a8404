//! Detectors: each turns behaviour into evidence and never decides
