//! Retail logs, see `stockroom_service::fuzzing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| stockroom_service::fuzzing::retail_log(data));
