//! Tests of the whole product; the tests themselves are under `tests/`.
