//! No origin but the shop's own passes for it.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|field: &[u8]| palisade_session::fuzzing::csrf_origin(field));
