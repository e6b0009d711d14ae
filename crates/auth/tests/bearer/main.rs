//! The bearer layer in front of a service.
#[cfg(test)]
mod layer;
