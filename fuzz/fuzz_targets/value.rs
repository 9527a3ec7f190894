//! Values of fields, see `stockroom_input::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stockroom_input::fuzzing::value(data));
