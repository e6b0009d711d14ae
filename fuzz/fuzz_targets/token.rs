//! A text is a token only in its one canonical spelling.
#![no_main]
use libfuzzer_sys::fuzz_target;
use palisade_core::Token;

fuzz_target!(|text: &[u8]| {
    if let Ok(token) = Token::parse(text) {
        assert_eq!(token.to_text().expose().as_bytes(), text);
    }
});
