//! Cursors, see `stockroom_domain::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stockroom_domain::fuzzing::cursor(data));
