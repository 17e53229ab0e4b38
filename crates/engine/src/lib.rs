//! Configuration, parallel driver, suppressions and baseline.
