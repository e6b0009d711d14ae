//! The contract of [`RefreshStore`], for those who write one.
#![expect(clippy::cognitive_complexity, reason = "every await counts as a branch")]
use std::time::Duration;

use palisade_core::{Purpose, StoreError, Token, TokenHash, random_bytes};

use super::{Advanced, FamilyToken, MAX_FAMILIES, NewFamily, OwnerId, RefreshLifetimes, RefreshStore};

const GRACE: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Runs the contract of [`RefreshStore`], as far as one task can. `pass` lets that much time go by for the owner's families.
///
/// # Panics
/// Where the store breaks the contract; the numbers are those of the list in the docs of [`RefreshStore`].
pub async fn assert_refresh_store<S: RefreshStore>(store: S, pass: impl AsyncFn(OwnerId, Duration)) {
    a_chain_goes_on(&store, &pass).await;
    a_use_again_within_the_grace_converges(&store, &pass).await;
    reuse_ends_the_family(&store, &pass).await;
    numbers_never_issued_end_the_family(&store).await;
    without_grace_every_second_use_is_reuse(&store).await;
    idle_and_absolute_time_end_a_family(&store, &pass).await;
    owners_are_apart(&store).await;
    a_list_shows_the_last_used_first(&store, &pass).await;
    ending_is_final(&store).await;
    an_account_has_a_bounded_number_of_families(&store, &pass).await;
    expired_families_are_absent(&store, &pass).await;
}

#[expect(clippy::panic, reason = "a contract is broken by panicking")]
fn sure<T>(answer: Result<T, StoreError>) -> T {
    answer.unwrap_or_else(|error| panic!("9: the store failed: {error}"))
}

#[expect(clippy::expect_used, reason = "without random bytes there is no test")]
fn owner() -> OwnerId {
    OwnerId::from_bytes(random_bytes().expect("random bytes"))
}

#[expect(clippy::expect_used, reason = "without random bytes there is no test")]
fn id() -> TokenHash {
    Token::generate()
        .expect("random bytes")
        .hash(Purpose::new("test"))
}

/// One hour idle, three in all.
#[expect(clippy::expect_used, reason = "constants")]
fn times() -> RefreshLifetimes {
    let times = RefreshLifetimes::customer().with_times(HOUR, HOUR.saturating_mul(3));
    times.expect("within bounds")
}

async fn create<S: RefreshStore>(store: &S, owner: OwnerId) -> TokenHash {
    let id = id();
    sure(store.create(owner, NewFamily::for_tests(id, times())).await);
    id
}

/// What became of a use, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Next(u32),
    Again(u32),
    Reused,
    Gone,
}

async fn present<S: RefreshStore>(store: &S, (owner, id): (OwnerId, TokenHash), token: u32) -> Use {
    let advanced = sure(store.advance(owner, FamilyToken::new(id, token), GRACE).await);
    match advanced {
        Advanced::Successor { token, fresh, family } => {
            assert_eq!(&*family.principal, b"{}", "2: what was stored comes back");
            if fresh {
                Use::Next(token)
            } else {
                Use::Again(token)
            }
        }
        Advanced::Reused(_) => Use::Reused,
        Advanced::Gone => Use::Gone,
    }
}

async fn a_chain_goes_on<S: RefreshStore>(store: &S, pass: &impl AsyncFn(OwnerId, Duration)) {
    let owner = owner();
    let family = (owner, create(store, owner).await);
    for token in 0..5_u32 {
        pass(owner, MINUTE).await;
        let next = Use::Next(token.saturating_add(1));
        assert_eq!(present(store, family, token).await, next, "3");
    }
}

async fn a_use_again_within_the_grace_converges<S: RefreshStore>(
    store: &S,
    pass: &impl AsyncFn(OwnerId, Duration),
) {
    let owner = owner();
    let family = (owner, create(store, owner).await);
    pass(owner, MINUTE).await;
    assert_eq!(present(store, family, 0).await, Use::Next(1), "3");
    assert_eq!(
        present(store, family, 0).await,
        Use::Again(1),
        "4: a parallel request"
    );
    assert_eq!(present(store, family, 1).await, Use::Next(2), "3");
    assert_eq!(present(store, family, 0).await, Use::Again(2), "4: a slower one");
    pass(owner, GRACE.div_f32(2.0)).await;
    assert_eq!(present(store, family, 2).await, Use::Next(3), "3");
    pass(owner, GRACE.mul_f32(0.75)).await;
    assert_eq!(
        present(store, family, 2).await,
        Use::Again(3),
        "4: counted from its own replacement"
    );
    pass(owner, GRACE).await;
    assert_eq!(
        present(store, family, 3).await,
        Use::Next(4),
        "4: none of it ended the family"
    );
}

async fn reuse_ends_the_family<S: RefreshStore>(store: &S, pass: &impl AsyncFn(OwnerId, Duration)) {
    for late in [0, 1] {
        let owner = owner();
        let (family, other) = (
            (owner, create(store, owner).await),
            (owner, create(store, owner).await),
        );
        for token in 0..2_u32 {
            pass(owner, MINUTE).await;
            present(store, family, token).await;
        }
        pass(owner, GRACE.saturating_mul(2)).await;
        assert_eq!(present(store, family, late).await, Use::Reused, "5: {late}");
        assert_eq!(
            present(store, family, 2).await,
            Use::Gone,
            "5: the last token is void as well"
        );
        assert_eq!(
            present(store, other, 0).await,
            Use::Next(1),
            "5: another family goes on"
        );
    }
}

async fn numbers_never_issued_end_the_family<S: RefreshStore>(store: &S) {
    for token in [1, 2, u32::MAX] {
        let owner = owner();
        let family = (owner, create(store, owner).await);
        assert_eq!(present(store, family, token).await, Use::Reused, "5: {token}");
        assert_eq!(present(store, family, 0).await, Use::Gone, "5");
    }
}

async fn without_grace_every_second_use_is_reuse<S: RefreshStore>(store: &S) {
    let owner = owner();
    let id = create(store, owner).await;
    let first = sure(
        store
            .advance(owner, FamilyToken::new(id, 0), Duration::ZERO)
            .await,
    );
    assert!(
        matches!(
            first,
            Advanced::Successor {
                token: 1,
                fresh: true,
                ..
            }
        ),
        "3"
    );
    let second = sure(
        store
            .advance(owner, FamilyToken::new(id, 0), Duration::ZERO)
            .await,
    );
    assert!(matches!(second, Advanced::Reused(_)), "5");
}

async fn idle_and_absolute_time_end_a_family<S: RefreshStore>(
    store: &S,
    pass: &impl AsyncFn(OwnerId, Duration),
) {
    let owner = owner();
    let (idle, used) = (
        (owner, create(store, owner).await),
        (owner, create(store, owner).await),
    );
    let step = HOUR.saturating_sub(MINUTE);
    pass(owner, step).await;
    assert_eq!(present(store, used, 0).await, Use::Next(1), "1: not idle yet");
    pass(owner, MINUTE).await;
    assert_eq!(present(store, idle, 0).await, Use::Gone, "1: idle");
    pass(owner, step.saturating_sub(MINUTE)).await;
    assert_eq!(present(store, used, 1).await, Use::Next(2), "1: in use");
    pass(owner, step).await;
    assert_eq!(present(store, used, 2).await, Use::Next(3), "1: in use");
    pass(owner, MINUTE.saturating_mul(3)).await;
    assert_eq!(
        present(store, used, 3).await,
        Use::Gone,
        "1: three hours in all, in use or not"
    );
}

async fn owners_are_apart<S: RefreshStore>(store: &S) {
    let (ada, eve) = (owner(), owner());
    let id = create(store, ada).await;
    assert_eq!(present(store, (eve, id), 0).await, Use::Gone, "7");
    assert!(sure(store.list(eve).await).is_empty(), "6");
    assert!(!sure(store.end(eve, id.reference()).await), "7");
    assert_eq!(sure(store.end_all(eve, None).await), 0, "7");
    assert_eq!(
        present(store, (ada, id), 0).await,
        Use::Next(1),
        "7: nothing of it touched the other"
    );
}

async fn a_list_shows_the_last_used_first<S: RefreshStore>(
    store: &S,
    pass: &impl AsyncFn(OwnerId, Duration),
) {
    let owner = owner();
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(create(store, owner).await.reference());
        pass(owner, MINUTE).await;
    }
    let listed = sure(store.list(owner).await);
    let names: Vec<_> = listed.iter().map(super::ListedFamily::reference).collect();
    ids.reverse();
    assert_eq!(names, ids, "6");
    for family in &listed {
        assert_eq!(family.device().as_str(), "test", "6");
        assert!(family.created() <= family.last_used(), "6");
    }
}

async fn ending_is_final<S: RefreshStore>(store: &S) {
    let owner = owner();
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(create(store, owner).await);
    }
    let [one, keep, ..] = *ids else { return };
    assert!(sure(store.end(owner, one.reference()).await), "7");
    assert!(!sure(store.end(owner, one.reference()).await), "7: only once");
    assert_eq!(present(store, (owner, one), 0).await, Use::Gone, "7");
    assert_eq!(sure(store.end_all(owner, Some(keep.reference())).await), 2, "7");
    assert_eq!(
        present(store, (owner, keep), 0).await,
        Use::Next(1),
        "7: the one to keep"
    );
    assert_eq!(sure(store.end_all(owner, None).await), 1, "7");
    assert_eq!(present(store, (owner, keep), 1).await, Use::Gone, "7");
    assert!(sure(store.list(owner).await).is_empty(), "6");
}

async fn an_account_has_a_bounded_number_of_families<S: RefreshStore>(
    store: &S,
    pass: &impl AsyncFn(OwnerId, Duration),
) {
    let owner = owner();
    let first = create(store, owner).await;
    pass(owner, Duration::from_secs(1)).await;
    let second = create(store, owner).await;
    pass(owner, Duration::from_secs(1)).await;
    assert_eq!(
        present(store, (owner, first), 0).await,
        Use::Next(1),
        "2: it is used again"
    );
    for _ in 2..MAX_FAMILIES {
        pass(owner, Duration::from_secs(1)).await;
        create(store, owner).await;
    }
    assert_eq!(
        sure(store.list(owner).await).len(),
        MAX_FAMILIES,
        "2: as many as there may be"
    );
    create(store, owner).await;
    assert_eq!(
        sure(store.list(owner).await).len(),
        MAX_FAMILIES,
        "2: and no more"
    );
    assert_eq!(
        present(store, (owner, second), 0).await,
        Use::Gone,
        "2: the one used least recently"
    );
    assert_eq!(
        present(store, (owner, first), 1).await,
        Use::Next(2),
        "2: and no other"
    );
}

async fn expired_families_are_absent<S: RefreshStore>(store: &S, pass: &impl AsyncFn(OwnerId, Duration)) {
    let owner = owner();
    let id = create(store, owner).await;
    pass(owner, HOUR).await;
    assert!(sure(store.list(owner).await).is_empty(), "1");
    assert_eq!(sure(store.end_all(owner, None).await), 0, "1");
    assert_eq!(present(store, (owner, id), 0).await, Use::Gone, "1");
}
