//! Every number of the shop that bounds what a client can ask for, in one place.
use std::num::NonZeroU32;
use std::time::Duration;

use palisade::ratelimit::Quota;
use palisade::session::Lifetimes;

/// Attempts to sign in to one account, whoever makes them: 10 at once, then one every three minutes. Over a year that is
/// 175 thousand guesses at a password of at least 15 characters.
pub const LOGIN_ACCOUNT: Quota = Quota::per_hour(some(20)).burst(some(10));
/// Attempts to sign in from one network, to whichever account: 50 at once, then two a minute.
pub const LOGIN_CLIENT: Quota = Quota::per_minute(some(2)).burst(some(50));
/// Links that reset a password, to one account: 3 at once, then one every 20 minutes.
pub const RESET_ACCOUNT: Quota = Quota::per_hour(some(3));
/// The same, asked for from one network: 20 at once, then 20 an hour.
pub const RESET_CLIENT: Quota = Quota::per_hour(some(20));
/// Registrations from one network: 30 at once, then one a minute.
pub const REGISTER: Quota = Quota::per_minute(some(1)).burst(some(30));
/// Requests from one network, for pages and for the API: 300 at once, then 20 a second.
pub const REQUESTS: Quota = Quota::per_second(some(20)).burst(some(300));

/// Calls of the API by one principal, or from one network: 100 units at once, then 10 a second.
pub const API: Quota = Quota::per_second(some(10)).burst(some(100));
/// What a search costs of them: it reads the whole catalogue.
pub const SEARCH_COST: u64 = 5;

/// Orders of one customer: 30 at once, then one a minute. Each stays in the database.
pub const ORDERS: Quota = Quota::per_minute(some(1)).burst(some(30));

/// How long the cart of a visitor who does not sign in is kept: an hour without a visit, a day in all. Whoever fills carts
/// without end fills no more than that.
pub const VISITOR_SESSION: Lifetimes = Lifetimes::account();
/// How long customers stay signed in: 14 days without a visit, 30 days in all.
pub const CUSTOMER_SESSION: Lifetimes = Lifetimes::customer();
/// How long merchants and administrators stay signed in: 15 minutes without a request, 12 hours in all.
pub const STAFF_SESSION: Lifetimes = Lifetimes::staff();

/// How long ago somebody may have typed their password who changes it.
pub const FRESH: Duration = Duration::from_secs(5 * 60);
/// How long an access token is good, and so how long somebody else's verifier takes one that was revoked here.
pub const ACCESS_TOKEN: Duration = Duration::from_secs(15 * 60);
/// How long revocations are remembered: longer than any token lives.
pub const REVOCATIONS: Duration = Duration::from_secs(31 * 24 * 3600);

/// The largest request body, in bytes. The longest password, percent-encoded, takes 3 KiB of it.
pub const BODY: usize = 16 * 1024;
/// The most different articles of one order.
pub const ORDER_ITEMS: usize = 20;
/// The most pieces of one article in an order.
pub const ORDER_QUANTITY: u32 = 99;
/// The longest article number that is looked for, in bytes.
pub const SKU: usize = 32;
/// The longest `Idempotency-Key`, in bytes.
pub const KEY: usize = 64;
/// How long a key is kept, in seconds: a day. Whoever sends an order again later orders again.
pub const KEY_SECONDS: u32 = 24 * 60 * 60;
/// The most different articles in a cart: whatever is in it can be ordered.
pub const CART_ITEMS: usize = ORDER_ITEMS;
/// The most pieces of one article in a cart.
pub const CART_QUANTITY: u32 = ORDER_QUANTITY;
/// The most rows of a list that one answer has.
pub const PAGE: u8 = 100;
/// The longest text that can be searched for, in bytes.
pub const SEARCH: usize = 100;
/// The largest head of a request, in bytes. Cookies may take 8 KiB of it.
pub const HEAD: usize = 32 * 1024;
/// Connections served at once. More wait to be accepted.
pub const CONNECTIONS: usize = 1024;
/// How long a client may take to send the head of a request, and to sit idle between two.
pub const REQUEST_HEAD: Duration = Duration::from_secs(15);
/// How long a request may take in all, its body included.
pub const REQUEST: Duration = Duration::from_secs(30);
/// How long requests under way may take to end when the shop stops.
pub const DRAIN: Duration = Duration::from_secs(10);

/// How long the shop waits for Redis when it starts.
pub const REDIS_START: Duration = Duration::from_secs(5);
/// Mails that wait to be written. More are lost, and told of in the log.
pub const MAILS: usize = 64;
/// How long a decision waits for Redis before this process decides by itself.
pub const REDIS_DEADLINE: Duration = Duration::from_millis(100);
/// How long a request waits for its session in Redis before it is refused: nobody else knows the session.
pub const SESSION_DEADLINE: Duration = Duration::from_secs(1);
/// Jobs that wait for the database. More wait to be queued.
pub const DATABASE_QUEUE: usize = 256;
/// How long a database call waits for another process that holds the file's lock.
pub const DATABASE_BUSY: Duration = Duration::from_secs(5);

/// So many; zero, which would be no limit but a wall, counts as one.
const fn some(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}
