//! No form panics the search for its token, or hides a second one.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|form: &[u8]| palisade_session::fuzzing::csrf_form(form));
