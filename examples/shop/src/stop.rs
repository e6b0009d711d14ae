//! The signals that end the shop.
use std::io;

/// Waits for Ctrl-C or, where there is one, for SIGTERM.
///
/// # Errors
/// What the operating system says where signals cannot be waited for.
#[cfg(unix)]
pub async fn told_to_stop() -> io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

/// Waits for Ctrl-C or, where there is one, for SIGTERM.
///
/// # Errors
/// What the operating system says where signals cannot be waited for.
#[cfg(not(unix))]
pub async fn told_to_stop() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}
