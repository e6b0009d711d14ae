//! Where the log goes.
use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;

use crate::options::LogFormat;

/// Sends `tracing` events to standard error: what `RUST_LOG` selects, by default everything from `info` up.
pub fn log(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    match format {
        LogFormat::Json => lines.json().flatten_event(true).init(),
        LogFormat::Pretty => lines.with_ansi(io::stderr().is_terminal()).init(),
    }
}
