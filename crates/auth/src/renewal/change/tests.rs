use std::sync::atomic::Ordering;

use palisade_core::{Clock, Factor, PrincipalKind, SecurityEvent, Subject, Timestamp};

use super::*;
use crate::renewal::stage::{ADA, Limits, NEW, OLD, Shop, Stage, client, secret, subject};

type Change = PasswordChange<Arc<Shop>, Arc<Limits>>;

fn change_with(stage: &Stage, policy: PasswordPolicy) -> Change {
    let renewal = PasswordRenewal::new(Arc::clone(&stage.shop), policy, stage.passwords.clone());
    PasswordChange::new(renewal, Arc::clone(&stage.limits))
}

fn change(stage: &Stage) -> Change {
    change_with(stage, PasswordPolicy::customer())
}

fn ada(stage: &Stage) -> Principal {
    signed_in(Factor::Password, stage.clock.now())
}

fn signed_in(factor: Factor, at: Timestamp) -> Principal {
    Principal::new(subject(), PrincipalKind::Customer).with_factor(factor, at)
}

async fn try_change(
    change: &Change,
    principal: &Principal,
    (current, new): (&str, &str),
) -> Result<Subject, RenewalRefusedKind> {
    let request = ChangeRequest {
        current: secret(current),
        new: secret(new),
    };
    let changed = change.change(principal, request, client()).await;
    changed
        .map(|changed| changed.subject().clone())
        .map_err(|refused| refused.kind())
}

#[tokio::test]
async fn asvs_v6_2_3_who_knows_the_current_password_changes_it() {
    let stage = Stage::new().await;
    let (change, ada) = (change(&stage), ada(&stage));
    assert_eq!(try_change(&change, &ada, (OLD, NEW)).await, Ok(subject()));
    assert_eq!(stage.computed(), 2, "one to verify, one to hash");
    assert!(stage.is_password(NEW).await && !stage.is_password(OLD).await);
    let wrong = try_change(&change, &ada, (OLD, "another good passphrase")).await;
    assert_eq!(wrong, Err(RenewalRefusedKind::WrongPassword));
    assert_eq!(stage.computed(), 1);
    assert!(stage.is_password(NEW).await);
    assert_eq!(
        stage.events.entries(),
        [
            (SecurityEvent::AuthnPasswordChange, None),
            (SecurityEvent::AuthnPasswordChangeFail, Some("password_wrong")),
        ]
    );
}

#[tokio::test]
async fn asvs_v7_5_1_a_stale_login_changes_nothing_and_a_second_factor_must_be_fresh() {
    let stage = Stage::new().await;
    let change = change(&stage);
    let now = stage.clock.now();
    let ago = |secs| now.saturating_sub(Duration::from_secs(secs));
    let nobody = Principal::new(subject(), PrincipalKind::Customer);
    for (name, principal, admitted) in [
        ("no factor at all, as of an API key", nobody, false),
        ("just in time", signed_in(Factor::Password, ago(300)), true),
        ("too long ago", signed_in(Factor::Password, ago(301)), false),
        (
            "a clock far ahead",
            signed_in(Factor::Password, now.saturating_add(Duration::from_secs(301))),
            false,
        ),
        (
            "a fresh password, a stale code",
            signed_in(Factor::Password, now).with_factor(Factor::Totp, ago(301)),
            false,
        ),
        (
            "a fresh code",
            signed_in(Factor::Password, ago(3_000)).with_factor(Factor::Totp, now),
            true,
        ),
        ("a fresh passkey", signed_in(Factor::Passkey, now), true),
    ] {
        let result = try_change(&change, &principal, ("wrong", NEW)).await;
        let expected = if admitted {
            RenewalRefusedKind::WrongPassword
        } else {
            RenewalRefusedKind::Stale
        };
        assert_eq!(result, Err(expected), "{name}");
        assert_eq!(stage.computed(), usize::from(admitted), "{name}");
    }
}

#[tokio::test]
async fn somebody_who_acts_on_behalf_of_the_owner_changes_nothing() {
    let stage = Stage::new().await;
    let support = ada(&stage).acted_by(Subject::new("support").unwrap());
    let result = try_change(&change(&stage), &support, (OLD, NEW)).await;
    assert_eq!(result, Err(RenewalRefusedKind::OnBehalf));
    assert!(stage.is_password(OLD).await);
}

#[tokio::test]
async fn guesses_at_the_current_password_are_limited_before_they_are_computed() {
    for (account, client, left) in [(1, 9, 7), (9, 1, 0)] {
        let stage = Stage::new().await;
        stage.limits.account.store(account, Ordering::SeqCst);
        stage.limits.client.store(client, Ordering::SeqCst);
        let (change, ada) = (change(&stage), ada(&stage));
        let first = try_change(&change, &ada, ("wrong", NEW)).await;
        assert_eq!(first, Err(RenewalRefusedKind::WrongPassword));
        stage.computed();
        let second = try_change(&change, &ada, (OLD, NEW)).await;
        assert_eq!(second, Err(RenewalRefusedKind::Limited));
        assert_eq!(stage.computed(), 0);
        assert_eq!(stage.limits.client.load(Ordering::SeqCst), left);
    }
}

#[tokio::test]
async fn a_new_password_meets_the_policy_and_is_not_the_current_one() {
    let stage = Stage::new().await;
    let (change, ada) = (change(&stage), ada(&stage));
    for (new, refused) in [
        ("short", PasswordRefused::TooShort { min: 15, given: 5 }),
        (OLD, PasswordRefused::Reused),
        ("ada@shop.example", PasswordRefused::ContainsContext),
    ] {
        let result = try_change(&change, &ada, (OLD, new)).await;
        assert_eq!(result, Err(RenewalRefusedKind::Refused(refused)), "{new}");
        assert_eq!(stage.computed(), 1, "{new}: nothing is hashed");
    }
    // Whoever does not know the current password learns nothing about the new one.
    assert_eq!(
        try_change(&change, &ada, ("wrong", "wrong")).await,
        Err(RenewalRefusedKind::WrongPassword)
    );
    assert!(stage.is_password(OLD).await);
}

#[tokio::test]
async fn the_last_passwords_are_remembered_as_far_as_the_policy_says() {
    let stage = Stage::new().await;
    let change = change_with(&stage, PasswordPolicy::customer().with_history(3).unwrap());
    let ada = ada(&stage);
    let phrases = [
        "first other passphrase",
        "second other passphrase",
        "third other passphrase",
    ];
    let mut current = OLD;
    for phrase in phrases {
        assert_eq!(try_change(&change, &ada, (current, phrase)).await, Ok(subject()));
        current = phrase;
    }
    let reused = Err(RenewalRefusedKind::Refused(PasswordRefused::Reused));
    for phrase in phrases {
        assert_eq!(
            try_change(&change, &ada, (current, phrase)).await,
            reused,
            "{phrase}"
        );
    }
    assert_eq!(
        try_change(&change, &ada, (current, OLD)).await,
        Ok(subject()),
        "the fourth may come again"
    );
}

#[tokio::test]
async fn of_changes_at_once_one_succeeds() {
    let stage = Stage::new().await;
    let (change, ada) = (change(&stage), ada(&stage));
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let (change, ada) = (change.clone(), ada.clone());
            tokio::spawn(
                async move { try_change(&change, &ada, (OLD, &format!("new passphrase no {n}"))).await },
            )
        })
        .collect();
    let mut changed = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => changed += 1,
            Err(kind) => assert!(
                matches!(
                    kind,
                    RenewalRefusedKind::Conflict | RenewalRefusedKind::WrongPassword
                ),
                "{kind:?}"
            ),
        }
    }
    assert_eq!(changed, 1);
    assert!(!stage.is_password(OLD).await);
}

#[tokio::test]
async fn what_is_closed_unknown_or_without_a_password_costs_the_same_and_changes_nothing() {
    type Change = fn(Credential) -> Credential;
    let changes: [(&str, Change); 3] = [
        ("closed", Credential::disabled),
        ("without a password", |mut credential| {
            credential.hash = None;
            credential
        }),
        ("gone", |mut credential| {
            credential.subject = Subject::new("43").unwrap();
            credential
        }),
    ];
    for (name, made) in changes {
        let stage = Stage::new().await;
        stage.shop.change(made);
        let result = try_change(&change(&stage), &ada(&stage), (OLD, NEW)).await;
        assert_eq!(result, Err(RenewalRefusedKind::WrongPassword), "{name}");
        assert_eq!(stage.computed(), 1, "{name}");
    }
}

#[tokio::test]
async fn a_store_that_fails_changes_nothing_and_is_told_once() {
    let stage = Stage::new().await;
    let (change, ada) = (change(&stage), ada(&stage));
    for down in [&stage.limits.down, &stage.shop.down] {
        down.store(true, Ordering::SeqCst);
        for _ in 0..2 {
            assert_eq!(
                try_change(&change, &ada, (OLD, NEW)).await,
                Err(RenewalRefusedKind::Unavailable)
            );
        }
        down.store(false, Ordering::SeqCst);
    }
    assert!(stage.is_password(OLD).await);
    let failed: Vec<_> = stage.events.kinds();
    let count = |kind| failed.iter().filter(|event| **event == kind).count();
    assert_eq!(count(SecurityEvent::ControlFailed), 2);
    let identifier = crate::Identifier::parse(ADA).unwrap();
    assert!(stage.shop.by_identifier(&identifier).await.unwrap().is_some());
}

#[tokio::test]
async fn a_change_that_is_dropped_leaves_the_old_password_or_the_new_one() {
    for polls in 0_u32.. {
        let stage = Stage::new().await;
        let (change, ada) = (change(&stage), ada(&stage));
        let mut changing = std::pin::pin!(try_change(&change, &ada, (OLD, NEW)));
        let mut left = polls;
        let ended = std::future::poll_fn(|context| {
            if left == 0 {
                return std::task::Poll::Ready(None);
            }
            left -= 1;
            changing.as_mut().poll(context).map(Some)
        })
        .await;
        let (old, new) = (stage.is_password(OLD).await, stage.is_password(NEW).await);
        assert!(old != new, "after {polls} polls");
        if ended.is_some() {
            assert!(new && polls >= 5, "{polls} polls");
            return;
        }
    }
}

#[tokio::test]
async fn a_freshness_out_of_bounds_is_refused_at_start() {
    let stage = Stage::new().await;
    assert!(change(&stage).with_freshness(Duration::ZERO).is_err());
    assert!(change(&stage).with_freshness(Duration::from_secs(3_601)).is_err());
    let change = change(&stage).with_freshness(Duration::from_secs(3_600)).unwrap();
    let hour_ago = stage.clock.now().saturating_sub(Duration::from_secs(3_600));
    let principal = signed_in(Factor::Password, hour_ago);
    assert_eq!(try_change(&change, &principal, (OLD, NEW)).await, Ok(subject()));
}
