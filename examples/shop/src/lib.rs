#![doc = include_str!("../README.md")]

mod access;
mod api;
mod app;
mod assets;
mod cart;
mod db;
mod demo;
mod email;
mod headers;
mod host;
mod input;
pub mod limits;
mod money;
mod object;
mod options;
mod order;
mod origin;
mod pages;
mod password;
mod present;
mod problem;
mod register;
mod routes;
mod server;
mod shop;
mod start;
mod stop;
mod stores;
mod telemetry;

pub use db::{DbError, OpenError};
pub use demo::DemoLogin;
pub use options::{LogFormat, Options};
pub use origin::Origin;
pub use start::{Opened, StartError};
pub use stop::told_to_stop;
pub use telemetry::log;
