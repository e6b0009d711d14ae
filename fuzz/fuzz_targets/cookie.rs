//! No Cookie field panics the scanner.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|fields: &[u8]| palisade_session::fuzzing::cookie_fields(fields));
