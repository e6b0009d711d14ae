//! Directories that end with the test.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A fresh, empty directory under the system's temporary directory, removed with its content on drop.
///
/// On Unix only its owner can enter it.
#[derive(Debug)]
pub struct TempDir {
    path: PathBuf,
}

impl TempDir {
    /// Creates the directory. Its name holds the process id and a counter; a name that exists is passed over.
    ///
    /// # Panics
    /// Where the temporary directory cannot be written.
    #[must_use]
    pub fn new() -> Self {
        const ATTEMPTS: u32 = 100;
        for _ in 0..ATTEMPTS {
            let path = next_path();
            match builder().create(&path) {
                Ok(()) => return Self { path },
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => panic!("cannot create {}: {error}", path.display()),
            }
        }
        panic!(
            "{ATTEMPTS} names in the temporary directory were taken; remove its old palisade-* directories"
        );
    }

    /// Where the directory is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Default for TempDir {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        // A process that is ending may still write into it; what cannot be removed is left to the system.
        drop(std::fs::remove_dir_all(&self.path));
    }
}

fn next_path() -> PathBuf {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("palisade-{}-{number}", std::process::id()))
}

#[cfg(unix)]
fn builder() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    builder
}

#[cfg(not(unix))]
fn builder() -> DirBuilder {
    DirBuilder::new()
}
