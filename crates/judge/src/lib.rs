//! From evidence to a verdict: pure, total, and explained
