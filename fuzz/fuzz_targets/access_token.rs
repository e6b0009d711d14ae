//! What was not signed does not pass, and what was says one thing.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| palisade_auth::fuzzing::access_token(data));
