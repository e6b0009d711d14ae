#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod address;
mod arg;
mod cluster;
mod deadline;
mod failure;
mod key;
mod node;
mod redis;
mod reply;
mod request;
mod script;
mod setup;
mod slot;
mod version;

pub use crate::arg::Arg;
pub use crate::key::Key;
pub use crate::redis::Redis;
pub use crate::reply::Reply;
pub use crate::script::Script;
