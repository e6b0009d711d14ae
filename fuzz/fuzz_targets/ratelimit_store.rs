//! No calls make the store in memory panic, or let a window see more than its limit.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| palisade_ratelimit::fuzzing::store_calls(data));
