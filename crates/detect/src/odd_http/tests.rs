//! Tests of this detector.
