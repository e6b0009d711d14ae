//! What happens to those who try too often.
use crate::shop::{Answer, Client, Shop};

const ADA: &str = "ada@shop.example";
const BOB: &str = "bob@shop.example";

fn wait(answer: &Answer) -> u64 {
    answer.header("retry-after").parse().unwrap()
}

/// Attempts until one is limited, and that one. A slow machine lets the quota refill while it is used up, so a few more may
/// pass than at once; three times as many is the most.
async fn used_up(at_once: usize, attempt: impl AsyncFn(usize) -> Answer) -> (usize, Answer) {
    for passed in 0..at_once.saturating_mul(3) {
        let answer = attempt(passed).await;
        if answer.status == 429 {
            return (passed, answer);
        }
    }
    panic!("nobody was slowed down");
}

#[tokio::test]
async fn guessing_at_one_account_is_slowed_down_wherever_it_comes_from() {
    let shop = Shop::open(&[]).await;
    let guess = async |host: usize| {
        let client = shop.client_at([198, 51, 100, u8::try_from(host).unwrap()].into());
        client.login(ADA, "a guess").await
    };
    let (guesses, _) = used_up(10, guess).await;
    assert!(guesses >= 10, "{guesses}");
    let limited = shop
        .client_at([203, 0, 113, 9].into())
        .login(ADA, shop.password(ADA))
        .await;
    assert_eq!(limited.page(), 429);
    assert!((1..=180).contains(&wait(&limited)), "{}", wait(&limited));
    assert!(limited.body.contains("Too many attempts") && limited.cookie().is_none());
    // The same person at the same address is let in to another account.
    assert_eq!(
        shop.client_at([203, 0, 113, 9].into())
            .login(BOB, shop.password(BOB))
            .await
            .status,
        303
    );
}

#[tokio::test]
async fn an_account_that_does_not_exist_is_slowed_down_like_one_that_does() {
    let shop = Shop::open(&[]).await;
    let (guesses, _) = used_up(10, async |_| {
        shop.client().login("nobody@shop.example", "a guess").await
    })
    .await;
    assert!(guesses >= 10, "{guesses}");
    for spelling in ["NOBODY@shop.example", "%20nobody@shop.example"] {
        assert_eq!(
            shop.client().login(spelling, "a guess").await.page(),
            429,
            "{spelling}"
        );
    }
}

#[tokio::test]
async fn trying_many_accounts_from_one_network_is_slowed_down() {
    let shop = Shop::open(&[]).await;
    let attempt = async |victim| {
        shop.client()
            .login(&format!("victim{victim}@shop.example"), "a guess")
            .await
    };
    let (guesses, _) = used_up(50, attempt).await;
    assert!(guesses >= 50, "{guesses}");
    let limited = shop.client().login(ADA, shop.password(ADA)).await;
    assert_eq!(limited.page(), 429);
    assert!((1..=30).contains(&wait(&limited)));
    assert_eq!(
        shop.client_at([203, 0, 113, 9].into())
            .login(ADA, shop.password(ADA))
            .await
            .status,
        303
    );
    assert_eq!(
        shop.client().get("/").await.status,
        200,
        "everything else goes on"
    );
}

#[tokio::test]
async fn registering_without_end_is_slowed_down_for_the_page_and_the_api_together() {
    let shop = Shop::open(&[]).await;
    let attempt = async |turn: usize| match turn % 2 {
        0 => shop.client().json("/api/v1/accounts", "{}").await,
        _ => shop.client().form("/register", "email=x").await,
    };
    let (attempts, _) = used_up(30, attempt).await;
    assert!(attempts >= 30, "{attempts}");
    let api = shop.client().register("new@shop.example").await;
    assert_eq!(api.problem(), (429, "rate_limit_exceeded".into()));
    assert!((1..=60).contains(&wait(&api)));
    let page = shop.client().form("/register", "email=x").await;
    assert_eq!(page.page(), 429);
    assert!(page.body.contains("A little slower, please") && wait(&page) > 0);
    assert_eq!(
        shop.client().get("/register").await.status,
        200,
        "looking at the form is free"
    );
    assert_eq!(
        shop.client_at([203, 0, 113, 9].into())
            .register("new@shop.example")
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn asking_without_end_is_slowed_down_for_people_and_programs_alike() {
    let shop = Shop::open(&[]).await;
    let (requests, page) = used_up(300, async |_| shop.client().get("/nothing").await).await;
    assert!(requests >= 300, "{requests}");
    assert_eq!((page.page(), wait(&page)), (429, 1));
    let (_, api) = used_up(300, async |_| shop.client().get("/api/v1/products").await).await;
    assert_eq!(api.problem(), (429, "rate_limit_exceeded".into()));
    assert_eq!(wait(&api), 1);
    assert!(
        api.header("ratelimit").starts_with("\"requests\";r=0"),
        "{}",
        api.header("ratelimit")
    );
    assert_eq!(shop.client_at([203, 0, 113, 9].into()).get("/").await.status, 200);
}

/// How many registrations the client has left.
async fn left(client: Client) -> String {
    let fields = client.json("/api/v1/accounts", "").await.headers;
    let mut fields = fields
        .get_all("ratelimit")
        .iter()
        .map(|field| field.to_str().unwrap());
    let field = fields
        .find_map(|field| field.strip_prefix("\"register\";r="))
        .unwrap();
    field.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_address_is_what_a_trusted_proxy_says_and_nobody_else() {
    let shop = Shop::open(&["--trusted-proxies", "192.0.2.0/24"]).await;
    let behind = |client: &str| shop.client().with("x-forwarded-for", client);
    assert_eq!(left(behind("203.0.113.1")).await, "29");
    assert_eq!(left(behind("203.0.113.1")).await, "28");
    assert_eq!(left(behind("203.0.113.2")).await, "29");
    assert_eq!(
        left(behind("203.0.113.9, 203.0.113.2")).await,
        "28",
        "the left is what the client wrote"
    );
    let stranger = |claim: &str| {
        shop.client_at([198, 51, 100, 1].into())
            .with("x-forwarded-for", claim)
    };
    assert_eq!(left(stranger("203.0.113.3")).await, "29");
    assert_eq!(
        left(stranger("203.0.113.4")).await,
        "28",
        "who is no proxy is not believed"
    );
}
