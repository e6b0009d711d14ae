//! One Argon2id computation, in memory that is kept and wiped.
use argon2::{Algorithm, Argon2, Block, Params, Version};

use super::params::Argon2Cost;

/// What computes hashes. A worker of the pool has one to itself; tests have another.
pub(crate) trait Engine: Send + 'static {
    /// Fills `output` with the Argon2id tag of `input` at that cost.
    fn compute(&mut self, cost: Argon2Cost, input: Input<'_>, output: &mut [u8]) -> Result<(), EngineFailed>;
}

/// What is hashed.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) password: &'a [u8],
    pub(crate) salt: &'a [u8],
}

/// There was no memory, or the cost was none: the password was neither right nor wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EngineFailed;

/// Argon2id of the crate `argon2`, in blocks that stay allocated from one hash to the next.
///
/// Fresh memory costs page faults, a third of the time of a hash and more. What was computed is wiped after each hash, so
/// that a leak of memory shows at most the one that is running.
pub(crate) struct Argon2Engine {
    blocks: Vec<Block>,
    /// Blocks that stay allocated; a costlier hash gives back what it took beyond them.
    keep: usize,
}

impl Argon2Engine {
    /// An engine that keeps the memory for hashes of that cost.
    pub(crate) fn new(kept: Argon2Cost) -> Result<Self, EngineFailed> {
        let keep = argon2(kept, Params::DEFAULT_OUTPUT_LEN)?.params().block_count();
        let mut engine = Self {
            blocks: Vec::new(),
            keep,
        };
        engine.grow(keep)?;
        Ok(engine)
    }

    fn run(&mut self, argon2: &Argon2<'_>, input: Input<'_>, output: &mut [u8]) -> Result<(), EngineFailed> {
        let needed = argon2.params().block_count();
        self.grow(needed)?;
        let memory = Wiped(self.blocks.get_mut(..needed).ok_or(EngineFailed)?);
        let result =
            argon2.hash_password_into_with_memory(input.password, input.salt, output, &mut *memory.0);
        drop(memory);
        self.blocks.truncate(self.keep);
        self.blocks.shrink_to(self.keep);
        result.map_err(|_| EngineFailed)
    }

    fn grow(&mut self, blocks: usize) -> Result<(), EngineFailed> {
        let more = blocks.saturating_sub(self.blocks.len());
        self.blocks.try_reserve_exact(more).map_err(|_| EngineFailed)?;
        self.blocks.resize(blocks.max(self.blocks.len()), Block::new());
        Ok(())
    }
}

impl Engine for Argon2Engine {
    fn compute(&mut self, cost: Argon2Cost, input: Input<'_>, output: &mut [u8]) -> Result<(), EngineFailed> {
        self.run(&argon2(cost, output.len())?, input, output)
    }
}

fn argon2(cost: Argon2Cost, output_len: usize) -> Result<Argon2<'static>, EngineFailed> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(output_len));
    let params = params.map_err(|_| EngineFailed)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Memory that is overwritten when it is let go, also by a panic.
struct Wiped<'a>(&'a mut [Block]);

impl Drop for Wiped<'_> {
    fn drop(&mut self) {
        // A plain fill is a memset; volatile writes of 19 MiB word by word take several times as long. The barrier makes the
        // optimiser believe that the zeroes are read.
        self.0.fill(Block::new());
        zeroize::optimization_barrier(self.0);
    }
}

#[cfg(test)]
mod tests {
    use argon2::{AssociatedData, ParamsBuilder};

    use super::*;

    const SMALL: Argon2Cost = Argon2Cost {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };

    fn is_wiped(engine: &Argon2Engine) -> bool {
        let mut words = engine.blocks.iter().flat_map(AsRef::<[u64]>::as_ref);
        words.all(|word| *word == 0)
    }

    #[test]
    fn rfc_9106_vector_of_argon2id() {
        // Section 5.3: 32 KiB, 3 passes, 4 lanes, with a secret and associated data.
        let params = ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .output_len(32)
            .data(AssociatedData::new(&[4; 12]).unwrap())
            .build()
            .unwrap();
        let argon2 = Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let input = Input {
            password: &[1; 32],
            salt: &[2; 16],
        };
        let mut engine = Argon2Engine::new(SMALL).unwrap();
        let tag = [
            0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b, 0x53, 0xc9,
            0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9, 0x6b, 0x01, 0xe6, 0x59,
        ];
        for round in 0..3 {
            let mut output = [0; 32];
            engine.run(&argon2, input, &mut output).unwrap();
            assert_eq!(output, tag, "round {round}: kept memory changes nothing");
        }
    }

    #[test]
    fn kept_memory_gives_what_fresh_memory_gives() {
        let mut engine = Argon2Engine::new(SMALL).unwrap();
        for (memory_kib, passes, lanes) in [(64, 1, 1), (8, 1, 1), (300, 2, 3), (64, 3, 2), (64, 1, 1)] {
            let cost = Argon2Cost {
                memory_kib,
                passes,
                lanes,
            };
            let (mut kept, mut fresh) = ([0; 32], [0; 32]);
            let input = Input {
                password: b"password",
                salt: b"somesalt",
            };
            engine.compute(cost, input, &mut kept).unwrap();
            argon2(cost, 32)
                .unwrap()
                .hash_password_into(b"password", b"somesalt", &mut fresh)
                .unwrap();
            assert_eq!(kept, fresh, "{cost:?}");
        }
    }

    #[test]
    fn nothing_of_a_hash_stays_in_the_memory() {
        let mut engine = Argon2Engine::new(SMALL).unwrap();
        let input = Input {
            password: b"password",
            salt: b"somesalt",
        };
        // What is wiped is also what was written: the same computation without the wipe leaves something.
        let mut blocks = vec![Block::new(); 64];
        argon2(SMALL, 32)
            .unwrap()
            .hash_password_into_with_memory(b"password", b"somesalt", &mut [0; 32], &mut blocks)
            .unwrap();
        assert!(
            blocks
                .iter()
                .any(|block| block.as_ref().iter().any(|word| *word != 0))
        );
        engine.compute(SMALL, input, &mut [0; 32]).unwrap();
        assert!(is_wiped(&engine));
    }

    #[test]
    fn a_costlier_hash_gives_its_memory_back() {
        let mut engine = Argon2Engine::new(SMALL).unwrap();
        let input = Input {
            password: b"password",
            salt: b"somesalt",
        };
        let costly = Argon2Cost {
            memory_kib: 1024,
            ..SMALL
        };
        engine.compute(costly, input, &mut [0; 32]).unwrap();
        assert_eq!(engine.blocks.len(), 64);
        assert!(engine.blocks.capacity() < 128);
        assert!(is_wiped(&engine));
    }

    #[test]
    fn a_cost_that_is_none_fails() {
        let mut engine = Argon2Engine::new(SMALL).unwrap();
        let input = Input {
            password: b"password",
            salt: b"salt",
        };
        assert_eq!(
            engine.compute(SMALL, input, &mut [0; 32]),
            Err(EngineFailed),
            "short salt"
        );
        let none = Argon2Cost { lanes: 0, ..SMALL };
        assert!(Argon2Engine::new(none).is_err());
    }
}
