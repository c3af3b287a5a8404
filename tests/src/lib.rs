//! Tests of the whole product; the tests themselves are under `tests/`.
#![forbid(unsafe_code)]
