//! Published keys are read or skipped, whatever is among them.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| palisade_auth::fuzzing::jwk_set(data));
