//! Random bytes: the operating system's, or none.

/// The operating system gave no random bytes. There is no fallback: the caller fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gave no random bytes")]
#[non_exhaustive]
pub struct RandomError;

/// `N` bytes from the operating system's random generator.
///
/// # Errors
/// [`RandomError`] where the operating system has none to give; it is never replaced by a weaker source.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| RandomError)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        assert_ne!(random_bytes::<32>(), random_bytes::<32>());
    }
}
