//! Retail logs, see `stockroom_retail::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stockroom_retail::fuzzing::retail_log(data));
