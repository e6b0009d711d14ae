//! The Lua that runs inside the server, one file a script.
use palisade_redis::Script;

macro_rules! of_a_session {
    ($name:literal) => {
        Script::new(
            $name,
            concat!(include_str!("common.lua"), include_str!(concat!($name, ".lua"))),
        )
    };
}

macro_rules! alone {
    ($name:literal) => {
        Script::new($name, include_str!(concat!($name, ".lua")))
    };
}

pub(super) static CREATE: Script = of_a_session!("create");
pub(super) static LOAD: Script = of_a_session!("load");
pub(super) static UPDATE: Script = of_a_session!("update");
pub(super) static ROTATE: Script = of_a_session!("rotate");
pub(super) static DELETE: Script = of_a_session!("delete");
pub(super) static END: Script = of_a_session!("end");
pub(super) static PEEK: Script = of_a_session!("peek");
pub(super) static CLAIM: Script = alone!("claim");
pub(super) static INDEX_ADD: Script = alone!("index_add");
pub(super) static INDEX_ALL: Script = alone!("index_all");
pub(super) static INDEX_REMOVE: Script = alone!("index_remove");
pub(super) static EPOCHS: Script = alone!("epochs");
