//! The shop as a program: how it starts, what it refuses to start with, how it stops.

#[cfg(test)]
mod running;
#[cfg(test)]
mod start;
#[cfg(test)]
mod stop;
