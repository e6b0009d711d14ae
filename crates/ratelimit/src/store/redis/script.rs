//! The scripts.
use palisade_redis::Script;

/// The scripts of a store, all of which take the time from the same place.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) take: Script,
    pub(super) refund: Script,
    pub(super) penalize: Script,
    pub(super) block: Script,
    pub(super) lease: Script,
}

/// Forgets a key; it needs no time.
pub(super) static RESET: Script = Script::new("ratelimit reset", include_str!("lua/reset.lua"));

/// What stands before the operation itself decides where the time comes from. It is part of the text, so no argument that the
/// server is sent can change it.
macro_rules! scripts {
    ($time:literal) => {
        Scripts {
            take: Script::new(
                "ratelimit take",
                concat!(
                    include_str!($time),
                    include_str!("lua/get.lua"),
                    include_str!("lua/pace.lua"),
                    include_str!("lua/record.lua"),
                    include_str!("lua/take.lua"),
                ),
            ),
            refund: scripts!($time, "ratelimit refund", "lua/refund.lua"),
            penalize: scripts!($time, "ratelimit penalize", "lua/penalize.lua"),
            block: scripts!($time, "ratelimit block", "lua/block.lua"),
            lease: scripts!($time, "ratelimit lease", "lua/lease.lua"),
        }
    };
    ($time:literal, $name:literal, $operation:literal) => {
        Script::new(
            $name,
            concat!(
                include_str!($time),
                include_str!("lua/get.lua"),
                include_str!("lua/record.lua"),
                include_str!($operation),
            ),
        )
    };
}

/// With the server's time.
pub(super) static SERVERS: Scripts = scripts!("lua/time.lua");

/// With the time that a test tells.
#[cfg(feature = "test-util")]
pub(super) static TOLD: Scripts = scripts!("lua/told.lua");
