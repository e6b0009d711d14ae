//! Who is banned.
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use palisade_core::{
    AddrSource, ClientAddr, ControlHealth, Event, Networks, Recorder, SecurityEvent, StoreError,
    TrustedProxies, random_bytes,
};

use super::strike::Striking;
use super::{BanRefused, BanRefusedKind, Strike};
use crate::sampler::{Sample, Sampler};
use crate::store::{Store, Taken, TakenKind};
use crate::{Block, MemoryStore, RateKey, RateLimiter};

/// Bans networks that misbehave too often, as fail2ban does: strikes within a quota, then a ban that is longer each time.
///
/// 1. A strike is a unit of the limit's quota. While it has room, strikes only count.
/// 2. The strike that finds no room bans the client's network (the IPv4 address, the IPv6 /64), for as long as the [`Block`]
///    says, and up to a quarter longer by chance: who was banned together does not come back together.
/// 3. Never banned, whatever it does: loopback; a trusted proxy, since everybody comes through it; a network of
///    [`with_spared`](Self::with_spared); a client whose address could not be told to its end
///    ([`AddrSource::LastHop`]), since others may share it.
/// 4. [`check`](Self::check) asks whether a client is banned, and counts nothing. [`pardon`](Self::pardon) forgets all.
///
/// A ban is told of as `client_banned`, ten at once and then one a second.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use palisade_core::{ClientAddr, Networks, TrustedProxies};
/// use palisade_ratelimit::{Bans, Block, Quota, RateLimiter, Strike};
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
///
/// // Ten failures at once, and one a minute; then an hour, two, four, up to a week.
/// const STRIKES: Quota = Quota::per_hour(NonZeroU32::new(60).unwrap()).burst(NonZeroU32::new(10).unwrap());
/// let hour = Duration::from_secs(3_600);
/// let block = Block::doubling(hour, hour * 24 * 7)?;
/// let bans = Bans::new(RateLimiter::new("probing", STRIKES)?, block, &TrustedProxies::none())
///     .with_spared(Networks::none().add_network("198.51.100.0/24")?);
///
/// let client = ClientAddr::from_peer([192, 0, 2, 7].into());
/// for _ in 0..10 {
///     assert_eq!(bans.strike(&client).await?, Strike::Counted);
/// }
/// assert!(matches!(bans.strike(&client).await?, Strike::Banned(time) if time >= hour));
/// assert!(bans.check(&client).await.is_err());
/// let office = ClientAddr::from_peer([198, 51, 100, 7].into());
/// assert_eq!(bans.strike(&office).await?, Strike::Spared);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Security
/// A ban hits whoever shares the network: a company, a school, a mobile operator. Strike for what hardly anybody does by
/// mistake, and keep the quota above it.
pub struct Bans<S = MemoryStore> {
    strikes: RateLimiter<S>,
    block: Block,
    proxies: TrustedProxies,
    spared: Networks,
    events: Events,
}

/// What was told already, and to whom.
struct Events {
    recorder: Recorder,
    store: ControlHealth,
    client_missing: AtomicBool,
    sampler: Sampler,
}

impl<S: Store> Bans<S> {
    /// Bans by the quota, the name and the store of `strikes`, for as long as `block` says, and never of `proxies`.
    ///
    /// The limit is the bans' own: what else it is asked counts as a strike. Events go where
    /// [`with_recorder`](Self::with_recorder) says.
    #[must_use]
    pub fn new(strikes: RateLimiter<S>, block: Block, proxies: &TrustedProxies) -> Self {
        let name = strikes.name().to_owned();
        Self {
            strikes,
            block,
            proxies: proxies.clone(),
            spared: Networks::none(),
            events: Events {
                recorder: Recorder::default(),
                store: ControlHealth::new(name),
                client_missing: AtomicBool::new(false),
                sampler: Sampler::default(),
            },
        }
    }

    /// Never bans these networks: partners, monitors, the office.
    #[must_use]
    pub fn with_spared(mut self, networks: Networks) -> Self {
        self.spared = networks;
        self
    }

    /// Records bans with `recorder`.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.events.recorder = recorder;
        self
    }

    /// Counts a strike against a client, and bans it if it was one too many.
    ///
    /// Strikes that are made at once may each find the quota used up before the ban stands; then the ban counts as more than one.
    ///
    /// # Errors
    /// [`StoreError`] where the store failed; the strike may have been counted.
    pub async fn strike(&self, client: &ClientAddr) -> Result<Strike, StoreError> {
        match self.begin(client) {
            Some(striking) => striking.of(self).await,
            None => Ok(Strike::Spared),
        }
    }

    /// Whether a client may go on. Nothing is counted.
    ///
    /// # Errors
    /// [`BanRefused`] where it is banned, and where the store cannot tell.
    pub async fn check(&self, client: &ClientAddr) -> Result<(), BanRefused> {
        match self.ask(client) {
            Some(peek) => self.answer(peek.await),
            None => Ok(()),
        }
    }

    /// Forgets a client's strikes and bans.
    ///
    /// # Errors
    /// [`StoreError`] where the store failed; the ban may stand.
    pub async fn pardon(&self, client: &ClientAddr) -> Result<(), StoreError> {
        self.strikes.reset(self.key(client)).await
    }

    /// The strike under way; nothing where the client is spared.
    pub(super) fn begin(&self, client: &ClientAddr) -> Option<Striking<S>> {
        let take = || {
            self.strikes
                .store()
                .take(self.key(client), self.strikes.quotas(), 1)
        };
        (!self.spares(client)).then(|| Striking::new(*client, take()))
    }

    /// The question under way; nothing where the client is spared.
    #[inline]
    pub(super) fn ask(&self, client: &ClientAddr) -> Option<S::Take> {
        let peek = || self.strikes.store().peek(self.key(client), self.strikes.quotas());
        (!self.spares(client)).then(peek)
    }

    /// What the store says to the question.
    #[inline]
    pub(super) fn answer(&self, peeked: Result<Taken, StoreError>) -> Result<(), BanRefused> {
        self.watch(&peeked);
        let taken = peeked.map_err(|_| BanRefused::new(BanRefusedKind::StoreFailed))?;
        match taken.retry_after() {
            Some(wait) if taken.kind() == TakenKind::Blocked => Err(BanRefused::banned(wait)),
            _ => Ok(()),
        }
    }

    /// Begins the ban of a client.
    pub(super) fn ban(&self, client: &ClientAddr) -> S::Block {
        // Without chance the ban stands all the same.
        let [jitter] = random_bytes().unwrap_or_default();
        self.strikes
            .store()
            .block(self.key(client), self.block.with_jitter(jitter))
    }
}

impl<S> Bans<S> {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.strikes.name()
    }

    /// Whether a client is never banned.
    #[must_use]
    pub fn spares(&self, client: &ClientAddr) -> bool {
        let ip = client.ip();
        ip.is_loopback()
            || client.source() == AddrSource::LastHop
            || self.proxies.trusts(ip)
            || self.spared.contains(ip)
    }

    fn key(&self, client: &ClientAddr) -> RateKey {
        self.strikes.key().client(client).finish()
    }

    /// Tells of a ban that began at `at`, by the store's time.
    pub(super) fn tell(&self, client: &ClientAddr, at: Duration) {
        let reason = match self.events.sampler.sample(at) {
            Sample::LeaveOut => return,
            Sample::Tell => "strikes",
            Sample::TellAfterOthers => "strikes_sampled",
        };
        let event = Event::new(SecurityEvent::ClientBanned).with_reason(reason);
        self.record(event.with_client(*client));
    }

    /// Tells when the store begins to fail and when it works again.
    pub(super) fn watch<T>(&self, answer: &Result<T, StoreError>) {
        match answer {
            Ok(_) => self.events.store.works(&self.events.recorder),
            Err(error) => self
                .events
                .store
                .failed(&self.events.recorder, error.kind().reason()),
        }
    }

    /// The refusal of a request whose client is not known, as the layer gives it. It is told of once, as `control_failed`: it is
    /// a fault of the set-up.
    #[must_use]
    pub fn refuse_without_client(&self) -> BanRefused {
        if !self.events.client_missing.swap(true, Ordering::Relaxed) {
            self.record(Event::new(SecurityEvent::ControlFailed).with_reason("ban_client_missing"));
        }
        BanRefused::new(BanRefusedKind::ClientMissing)
    }

    fn record<'a>(&'a self, event: Event<'a>) {
        self.events.recorder.record(&event.with_rule(self.name()));
    }
}

impl<S: fmt::Debug> fmt::Debug for Bans<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bans")
            .field("strikes", &self.strikes)
            .field("block", &self.block)
            .finish_non_exhaustive()
    }
}
