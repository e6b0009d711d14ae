//! Fetching keys and ranges over HTTPS, from servers of this process.
#[cfg(test)]
mod fetching;
#[cfg(test)]
mod server;
