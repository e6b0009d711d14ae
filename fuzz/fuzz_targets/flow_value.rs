//! No value counts but one that was signed, in its one spelling.
#![no_main]
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &[u8]| palisade_session::fuzzing::flow_value(value));
