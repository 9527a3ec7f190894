//! Request headers, see `stockroom_web::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stockroom_web::fuzzing::headers(data));
