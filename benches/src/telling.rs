//! Whether the time of a login that fails tells that there is an account.
use std::time::Instant;

use palisade_auth::{
    Account, Accounts, Authenticator, DangerouslyUnlimited, Identifier, PasswordContext, PasswordHash,
    PasswordPolicy, PasswordSettings, Passwords,
};
use palisade_core::{ClientAddr, PrincipalKind, Secret, StoreError, Subject};

use crate::sample::median;
use crate::{Bar, Row};

/// Logins of each kind, in turn. The first few warm up.
const LOGINS: usize = 300;
const WARM: usize = 10;
/// What is commonly taken for a leak, when two sets of timings are compared: a chance of one in 100 000 without one.
const LEAK: f64 = 4.5;

/// One account.
struct One(Identifier, PasswordHash);

impl Accounts for One {
    async fn find(&self, identifier: &Identifier) -> Result<Option<Account>, StoreError> {
        let account = || Account::new(Subject::new("42").unwrap(), PrincipalKind::Customer);
        Ok((*identifier == self.0).then(|| account().with_password(self.1.clone())))
    }

    async fn replace_hash(&self, _: &Subject, _: &PasswordHash, _: &PasswordHash) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The rows: the medians of both kinds, and Welch's t of the two sets.
#[must_use]
pub fn rows() -> Vec<Row> {
    let [known, unknown] = timings();
    let (ours, peer) = (median(known.iter().copied()), median(unknown.iter().copied()));
    let row = |what: &str, ours, peer, bar, unit| Row {
        what: what.to_owned(),
        ours,
        peer,
        floor: None,
        ratio: ours / peer,
        bar,
        unit,
        allocations: None,
    };
    let t = welch(&known, &unknown).abs();
    vec![
        row(
            "a wrong password: known / unknown account",
            ours,
            peer,
            None,
            "ns",
        ),
        row(
            "the same, Welch's t / what would tell",
            t,
            LEAK,
            Some(Bar::Most(LEAK)),
            "t",
        ),
    ]
}

/// Nanoseconds of logins with a wrong password, to an account and to none, one after the other.
fn timings() -> [Vec<f64>; 2] {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let passwords = Passwords::start(&PasswordSettings::default()).unwrap();
    let right = Secret::new("correct horse battery staple".to_owned());
    let context = PasswordContext::new("shop");
    let policy = PasswordPolicy::customer();
    let hash = passwords.accept(&policy, &context, right);
    let hash = runtime.block_on(hash).unwrap();
    let accounts = One(Identifier::parse("ada@shop.example").unwrap(), hash);
    let logins = Authenticator::new(accounts, DangerouslyUnlimited, passwords);
    let client = ClientAddr::from_peer([192, 0, 2, 7].into());
    let mut timings = [Vec::new(), Vec::new()];
    for round in 0..WARM + LOGINS {
        for (email, timings) in ["ada@shop.example", "eve@shop.example"]
            .into_iter()
            .zip(&mut timings)
        {
            let wrong = Secret::new("a wrong password it is".to_owned());
            let before = Instant::now();
            assert!(
                runtime
                    .block_on(logins.authenticate(email, wrong, client))
                    .is_err()
            );
            if round >= WARM {
                timings.push(before.elapsed().as_secs_f64() * 1e9);
            }
        }
    }
    // The slowest twentieth is the machine's.
    timings.map(|mut timings| {
        timings.sort_by(f64::total_cmp);
        timings.truncate(LOGINS * 19 / 20);
        timings
    })
}

/// Welch's t: the difference of the means in terms of its standard error.
fn welch(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let error = |values: &[f64]| {
        let middle = mean(values);
        let squares: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
        squares / (values.len() - 1) as f64 / values.len() as f64
    };
    (mean(a) - mean(b)) / (error(a) + error(b)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_that_differ_are_told_apart_and_others_are_not() {
        let set = |shift: f64| (0..200).map(|n| f64::from(n % 10) + shift).collect::<Vec<_>>();
        assert!(welch(&set(0.0), &set(0.0)).abs() < 0.001);
        assert!(welch(&set(2.0), &set(0.0)) > LEAK);
        // By hand: means 2 and 4, variances 1 and 4, three values each.
        assert!((welch(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]) + 1.549).abs() < 0.001);
    }
}
