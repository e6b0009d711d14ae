//! For tests: an engine that costs nothing, says what it computed, and waits when it is told to.
use std::panic::panic_any;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use palisade_core::FakeClock;

use super::engine::{Engine, EngineFailed, Input};
use super::hash::{Argon2Hash, PasswordHash};
use super::params::Argon2Cost;
use super::service::Passwords;
use super::settings::PasswordSettings;

/// What the engines of one lab share.
#[derive(Clone)]
pub(crate) struct Lab(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    gone: Sender<()>,
}

#[derive(Default)]
struct State {
    computed: Vec<(Argon2Cost, String)>,
    held: bool,
    waiting: usize,
    permits: usize,
    constant: bool,
    panics: usize,
    takes: Option<(FakeClock, Duration)>,
}

impl Lab {
    /// A lab, and what tells when an engine is dropped.
    pub(crate) fn new() -> (Self, Receiver<()>) {
        let (gone, engines_gone) = channel();
        let shared = Shared {
            state: Mutex::default(),
            changed: Condvar::new(),
            gone,
        };
        (Self(Arc::new(shared)), engines_gone)
    }

    /// A service over engines of this lab. The computation of its start is not in the list.
    pub(crate) fn start(settings: &PasswordSettings) -> (Self, Passwords) {
        let lab = Self::new().0;
        let passwords = lab.passwords(settings);
        (lab, passwords)
    }

    pub(crate) fn passwords(&self, settings: &PasswordSettings) -> Passwords {
        let passwords = Passwords::start_with(settings, || Some(LabEngine(self.clone()))).unwrap();
        drop(self.take());
        passwords
    }

    /// What was computed since it was last asked: the cost and the password of each.
    pub(crate) fn take(&self) -> Vec<(Argon2Cost, String)> {
        std::mem::take(&mut self.state(|state| std::mem::take(&mut state.computed)))
    }

    /// From now on computations wait within the engine.
    pub(crate) fn hold(&self) {
        self.state(|state| state.held = true);
    }

    /// Lets one computation that waits, or the next one, go on.
    pub(crate) fn let_one_go(&self) {
        self.state(|state| state.permits = state.permits.saturating_add(1));
    }

    /// Lets all go on.
    pub(crate) fn release(&self) {
        self.state(|state| state.held = false);
    }

    /// Returns when so many computations wait within the engine.
    pub(crate) fn until_running(&self, count: usize) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        while state.waiting != count {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Gives the same output for everything.
    pub(crate) fn always_the_same(&self) {
        self.state(|state| state.constant = true);
    }

    /// Panics in the next computation.
    pub(crate) fn panic_once(&self) {
        self.state(|state| state.panics = 1);
    }

    /// Lets time pass with each computation.
    pub(crate) fn takes(&self, clock: &FakeClock, each: Duration) {
        self.state(|state| state.takes = Some((clock.clone(), each)));
    }

    fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.changed.notify_all();
        result
    }

    /// Waits for the gate; tells whether to panic.
    fn pass(&self) -> bool {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting = state.waiting.saturating_add(1);
        self.0.changed.notify_all();
        while state.held && state.permits == 0 {
            state = self.0.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting = state.waiting.saturating_sub(1);
        state.permits = state.permits.saturating_sub(1);
        let panics = state.panics > 0;
        state.panics = state.panics.saturating_sub(1);
        panics
    }
}

/// A hash without a pepper.
pub(crate) fn plain(cost: Argon2Cost, salt: &[u8], output: &[u8]) -> PasswordHash {
    PasswordHash::plain(Argon2Hash::from_parts(cost, salt, output).unwrap()).unwrap()
}

struct LabEngine(Lab);

impl Engine for LabEngine {
    fn compute(&mut self, cost: Argon2Cost, input: Input<'_>, output: &mut [u8]) -> Result<(), EngineFailed> {
        if self.0.pass() {
            panic_any("a test asked for it");
        }
        let text = String::from_utf8_lossy(input.password).into_owned();
        let constant = self.0.state(|state| {
            state.computed.push((cost, text));
            if let Some((clock, each)) = &state.takes {
                clock.advance(*each);
            }
            state.constant
        });
        let mut sum = 7_u8;
        if !constant {
            let costs = [cost.memory_kib, cost.passes, cost.lanes].map(u32::to_le_bytes);
            for byte in input
                .password
                .iter()
                .chain(input.salt)
                .chain(costs.as_flattened())
            {
                sum = sum.rotate_left(3).wrapping_mul(167) ^ byte;
            }
        }
        for (at, byte) in output.iter_mut().enumerate() {
            // The password itself is in the output, so that two passwords never give the same.
            let text = if constant { None } else { input.password.get(at) };
            *byte = sum ^ text.copied().unwrap_or_default();
        }
        Ok(())
    }
}

impl Drop for LabEngine {
    fn drop(&mut self) {
        self.0.0.gone.send(()).unwrap_or_default();
    }
}
