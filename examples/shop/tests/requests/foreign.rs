//! Reaching for what is somebody else's: another customer's, another tenant's.
use std::collections::BTreeSet;

use axum::http::HeaderMap;

use crate::orders::{ADA, BOB, MEL, SAM, pay, placed};
use crate::shop::{Answer, Shop};

const ROOT: &str = "root@shop.example";

/// Everything of an answer that somebody can compare, but how much of a limit is left.
fn seen(answer: &Answer) -> (u16, String, BTreeSet<String>) {
    let fields = |headers: &HeaderMap| {
        let fields = headers.iter().filter(|(name, _)| *name != "ratelimit");
        fields
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect()
    };
    (
        answer.status.as_u16(),
        answer.body.clone(),
        fields(&answer.headers),
    )
}

#[tokio::test]
async fn an_order_of_somebody_else_looks_like_none() {
    let shop = Shop::open(&[]).await;
    let (adas, bobs) = (
        placed(&shop.calling(ADA).await, "N-1001").await,
        placed(&shop.calling(BOB).await, "S-2001").await,
    );
    pay(&shop, &adas);
    pay(&shop, &bobs);
    // Who must not see which of the two, and who must not pay it back.
    let reading = [
        (ADA, &bobs),
        (BOB, &adas),
        (MEL, &bobs),
        (SAM, &adas),
        (ROOT, &adas),
        (ROOT, &bobs),
    ];
    let refunding = [
        (ADA, &adas),
        (ADA, &bobs),
        (BOB, &bobs),
        (MEL, &bobs),
        (SAM, &adas),
        (ROOT, &adas),
    ];
    let none = "0".repeat(32);
    for (line, cases) in [
        ("GET /api/v1/orders/{}", reading),
        ("POST /api/v1/orders/{}/refund", refunding),
    ] {
        for (email, id) in cases {
            let client = shop.calling(email).await;
            let theirs = client.send(&line.replace("{}", id), "", "").await;
            let nobodys = client.send(&line.replace("{}", &none), "", "").await;
            assert_eq!(theirs.problem(), (404, "not_found".into()), "{email}: {line}");
            assert_eq!(seen(&theirs), seen(&nobodys), "{email}: {line}");
            assert!(!theirs.body.contains(id.as_str()));
        }
    }
    let status = |id: &str| -> String {
        let select = "SELECT status FROM orders WHERE id = ?1";
        shop.database().query_row(select, [id], |row| row.get(0)).unwrap()
    };
    assert_eq!(
        (status(&adas), status(&bobs)),
        ("paid".into(), "paid".into()),
        "nobody paid anything back"
    );
}

#[tokio::test]
async fn an_order_is_shown_to_whom_it_concerns() {
    let shop = Shop::open(&[]).await;
    let (adas, bobs) = (
        placed(&shop.calling(ADA).await, "N-1001").await,
        placed(&shop.calling(BOB).await, "S-2001").await,
    );
    for (email, id) in [(ADA, &adas), (MEL, &adas), (BOB, &bobs), (SAM, &bobs)] {
        let answer = shop
            .calling(email)
            .await
            .get(&format!("/api/v1/orders/{id}"))
            .await;
        assert_eq!(answer.status, 200, "{email}");
    }
}

#[tokio::test]
async fn strange_ids_are_no_orders() {
    let shop = Shop::open(&[]).await;
    let id = placed(&shop.calling(ADA).await, "N-1001").await;
    let ada = shop.calling(ADA).await;
    let strange = [
        id.to_uppercase(),
        format!("{id}%00"),
        format!("%20{id}"),
        "%25".to_owned(),
        "'%20OR%201=1%20--".to_owned(),
        "a".repeat(4_000),
    ];
    for id in strange {
        assert_eq!(
            ada.get(&format!("/api/v1/orders/{id}")).await.problem(),
            (404, "not_found".into()),
            "{id}"
        );
    }
}
