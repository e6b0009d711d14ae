//! A refresh token is what was made here, and nothing else.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| palisade_auth::fuzzing::refresh_token(data));
