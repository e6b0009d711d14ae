//! What logins that hash without pause do to everybody else.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use palisade_auth::{PasswordContext, PasswordPolicy, PasswordSettings, Passwords};
use palisade_core::{Recorder, Secret};

use crate::sample::median;
use crate::{Bar, Row};

const PASSWORD: &str = "correct horse battery staple";
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1_500);
/// Logins that hash one after the other, without pause.
const LOGINS: usize = 4;
/// Other requests under way at once; each waits for a timer of one millisecond, as for a database.
const OTHERS: usize = 4;

/// Where the logins hash.
#[derive(Clone, Copy, Debug)]
enum Place {
    Nowhere,
    Inline,
    SpawnBlocking,
    Pool,
}

const PLACES: [Place; 4] = [Place::Nowhere, Place::Inline, Place::SpawnBlocking, Place::Pool];

/// The rows: the other requests' 99th percentile with our pool, beside the same without logins and with them elsewhere.
#[must_use]
pub fn rows() -> Vec<Row> {
    let rounds: Vec<[f64; 4]> = (0..ROUNDS).map(|_| PLACES.map(p99)).collect();
    let row = |what: &str, peer: usize, bar: Option<f64>| Row {
        what: what.to_owned(),
        ours: median(rounds.iter().map(|round| round[3])),
        peer: median(rounds.iter().map(|round| round[peer])),
        floor: None,
        ratio: median(rounds.iter().map(|round| round[3] / round[peer])),
        bar: bar.map(Bar::Ratio),
        unit: "ns",
        allocations: None,
    };
    vec![
        row(
            "other requests' p99, 4 logins hashing in the pool / no logins",
            0,
            Some(1.5),
        ),
        row(
            "other requests' p99, 4 logins hashing in the pool / inline",
            1,
            None,
        ),
        row(
            "other requests' p99, 4 logins hashing in the pool / spawn_blocking",
            2,
            None,
        ),
    ]
}

/// The 99th percentile of the other requests' durations, in nanoseconds.
fn p99(place: Place) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let mut durations = runtime.block_on(async {
        let logins: Vec<_> = match place {
            Place::Nowhere => Vec::new(),
            Place::Inline | Place::SpawnBlocking | Place::Pool => start_logins(place, &stop).await,
        };
        let others: Vec<_> = (0..OTHERS).map(|_| tokio::spawn(other_requests())).collect();
        let mut durations = Vec::new();
        for other in others {
            durations.extend(other.await.unwrap());
        }
        stop.store(true, Ordering::Relaxed);
        for login in logins {
            login.await.unwrap();
        }
        durations
    });
    durations.sort_by(f64::total_cmp);
    durations[durations.len() * 99 / 100]
}

async fn start_logins(place: Place, stop: &Arc<AtomicBool>) -> Vec<tokio::task::JoinHandle<()>> {
    let passwords =
        Passwords::start(&PasswordSettings::default().with_recorder(Recorder::default())).unwrap();
    let context = PasswordContext::new("shop");
    let hash = passwords
        .accept(&PasswordPolicy::customer(), &context, secret())
        .await
        .unwrap();
    let plain = Arc::new(Argon2::default().hash_password(PASSWORD.as_bytes()).unwrap());
    let verify_plain = move || {
        assert!(
            Argon2::default()
                .verify_password(PASSWORD.as_bytes(), &*plain)
                .is_ok()
        );
    };
    (0..LOGINS)
        .map(|_| {
            let (stop, passwords, hash) = (Arc::clone(stop), passwords.clone(), hash.clone());
            let verify_plain = verify_plain.clone();
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    match place {
                        Place::Nowhere => return,
                        Place::Inline => {
                            verify_plain();
                            tokio::task::yield_now().await;
                        }
                        Place::SpawnBlocking => {
                            tokio::task::spawn_blocking(verify_plain.clone()).await.unwrap();
                        }
                        Place::Pool => {
                            let _verified = passwords.verify(&hash, secret()).await.unwrap();
                        }
                    }
                }
            })
        })
        .collect()
}

fn secret() -> Secret<String> {
    Secret::new(PASSWORD.to_owned())
}

async fn other_requests() -> Vec<f64> {
    let start = Instant::now();
    let mut durations = Vec::new();
    while start.elapsed() < ROUND {
        let before = Instant::now();
        tokio::time::sleep(Duration::from_millis(1)).await;
        durations.push(before.elapsed().as_secs_f64() * 1e9);
    }
    durations
}
