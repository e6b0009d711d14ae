//! What a key or a token is for.

/// What a key or a token is for. Values of one purpose mean nothing in another, although they come from the same secret.
///
/// It is a constant of the program, never data:
///
/// ```
/// const CART: palisade_core::Purpose = palisade_core::Purpose::new("shop cart");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Purpose(&'static str);

impl Purpose {
    /// A purpose, named by 1 to 64 bytes.
    ///
    /// # Panics
    /// On an empty or longer name; as a `const`, at compile time.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        assert!(
            !name.is_empty() && name.len() <= 64,
            "a purpose has 1 to 64 bytes"
        );
        Self(name)
    }

    /// The name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}
