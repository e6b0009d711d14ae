//! What a hash costs: the parameters of Argon2id, and what is allowed of them.
use palisade_core::ConfigError;

/// What OWASP's Password Storage Cheat Sheet holds to be equally strong: at least one pair must be met (memory in KiB, passes).
const FLOOR: [(u32, u32); 5] = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];

/// The most that any parameters may ask for: 1 GiB, 64 passes, 16 lanes. A login must not be the outage.
const CEILING: Argon2Cost = Argon2Cost {
    memory_kib: 1 << 20,
    passes: 64,
    lanes: 16,
};

/// The cost of one Argon2id hash (RFC 9106 section 3.1): three numbers, not yet judged.
///
/// [`Argon2Params`] is a cost that is strong enough to hash new passwords with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 9106 has these three, and named fields keep them apart"
)]
pub struct Argon2Cost {
    /// Memory in KiB (`m`).
    pub memory_kib: u32,
    /// Passes over the memory (`t`).
    pub passes: u32,
    /// Lanes (`p`). They are computed one after the other: more of them make a hash no faster here.
    pub lanes: u32,
}

impl Argon2Cost {
    /// Whether the algorithm is defined for this cost (RFC 9106 section 3.1) and no number is absurd.
    pub(crate) fn is_sane(self) -> bool {
        self.passes >= 1
            && self.lanes >= 1
            && self.memory_kib >= self.lanes.saturating_mul(8)
            && self.memory_kib <= CEILING.memory_kib
            && self.passes <= CEILING.passes
            && self.lanes <= CEILING.lanes
    }

    /// Whether a hash of this cost takes neither more memory nor more work than one of `ceiling`.
    pub(crate) fn fits(self, ceiling: Self) -> bool {
        self.memory_kib <= ceiling.memory_kib && self.work() <= ceiling.work() && self.lanes <= ceiling.lanes
    }

    /// KiB that are filled in all passes together: what the time is proportional to.
    fn work(self) -> u64 {
        u64::from(self.memory_kib).saturating_mul(self.passes.into())
    }

    /// The larger of each number, so that both costs fit.
    pub(crate) fn or_more(self, other: Self) -> Self {
        Self {
            memory_kib: self.memory_kib.max(other.memory_kib),
            passes: self.passes.max(other.passes),
            lanes: self.lanes.max(other.lanes),
        }
    }
}

/// The parameters that new hashes are made with, and that every login costs.
///
/// The default is OWASP's: 19 MiB, 2 passes, 1 lane.
///
/// ```
/// use palisade_auth::{Argon2Cost, Argon2Params};
/// let stronger = Argon2Params::new(Argon2Cost { memory_kib: 47_104, passes: 2, lanes: 1 })?;
/// assert!(Argon2Params::new(Argon2Cost { memory_kib: 19_456, passes: 1, lanes: 1 }).is_err());
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Argon2Params(Argon2Cost);

impl Argon2Params {
    /// OWASP's first choice that is not all memory: m=19456 (19 MiB), t=2, p=1.
    pub const OWASP: Self = Self(Argon2Cost {
        memory_kib: 19_456,
        passes: 2,
        lanes: 1,
    });

    /// Takes a cost that is at least as strong as one of OWASP's five equal pairs (m=47104 t=1, 19456/2, 12288/3, 9216/4,
    /// 7168/5; more lanes do not weaken them) and asks for at most 1 GiB, 64 passes and 16 lanes.
    ///
    /// # Errors
    /// [`ConfigError`] for a cost below the floor or above the ceiling.
    pub fn new(cost: Argon2Cost) -> Result<Self, ConfigError> {
        let strong = FLOOR
            .iter()
            .any(|(memory, passes)| cost.memory_kib >= *memory && cost.passes >= *passes);
        if strong && cost.is_sane() {
            return Ok(Self(cost));
        }
        let Argon2Cost {
            memory_kib,
            passes,
            lanes,
        } = cost;
        let allowed = if strong {
            "at most m=1048576 (1 GiB), t=64, p=1 to 16 is allowed"
        } else {
            "at least one of m/t 47104/1, 19456/2, 12288/3, 9216/4, 7168/5 is needed (OWASP)"
        };
        let problem = format!("m={memory_kib} KiB, t={passes}, p={lanes} was given; {allowed}");
        Err(ConfigError::new("argon2 parameters", problem))
    }

    /// The three numbers.
    #[must_use]
    pub const fn cost(self) -> Argon2Cost {
        self.0
    }
}

impl Default for Argon2Params {
    fn default() -> Self {
        Self::OWASP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(memory_kib: u32, passes: u32, lanes: u32) -> Result<Argon2Params, ConfigError> {
        Argon2Params::new(Argon2Cost {
            memory_kib,
            passes,
            lanes,
        })
    }

    #[test]
    fn the_default_and_every_pair_of_the_floor_are_allowed() {
        assert_eq!(params(19_456, 2, 1).unwrap(), Argon2Params::default());
        for (memory, passes) in FLOOR {
            assert!(params(memory, passes, 1).is_ok(), "{memory}/{passes}");
            assert!(params(memory, passes, 16).is_ok(), "{memory}/{passes}/16");
        }
    }

    #[test]
    fn one_step_below_any_pair_of_the_floor_is_refused() {
        for (memory, passes) in FLOOR {
            assert!(params(memory - 1, passes, 1).is_err(), "{memory}-1/{passes}");
            assert!(params(memory, passes - 1, 1).is_err(), "{memory}/{passes}-1");
        }
        let text = params(8, 1, 1).unwrap_err().to_string();
        assert!(
            text.contains("m=8 KiB") && text.contains("19456/2"),
            "what was given and what is allowed: {text}"
        );
    }

    #[test]
    fn costs_beyond_the_ceiling_are_refused() {
        for (memory, passes, lanes) in [
            ((1 << 20) + 1, 2, 1),
            (19_456, 65, 1),
            (19_456, 2, 17),
            (19_456, 2, 0),
            (u32::MAX, u32::MAX, u32::MAX),
        ] {
            let text = params(memory, passes, lanes).unwrap_err().to_string();
            assert!(text.contains("at most"), "{text}");
        }
    }

    #[test]
    fn a_ceiling_bounds_memory_and_work_apart() {
        let cost = |memory_kib, passes, lanes| Argon2Cost {
            memory_kib,
            passes,
            lanes,
        };
        let ceiling = cost(65_536, 3, 4);
        assert!(cost(65_536, 3, 4).fits(ceiling));
        assert!(cost(19_456, 10, 1).fits(ceiling), "more passes over less memory");
        assert!(!cost(65_537, 1, 1).fits(ceiling), "memory");
        assert!(!cost(65_536, 4, 1).fits(ceiling), "work");
        assert!(!cost(65_536, 3, 5).fits(ceiling), "lanes");
        assert!(!cost(1 << 20, u32::MAX, 1).fits(ceiling));
    }
}
