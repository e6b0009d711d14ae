//! The store in memory keeps the contract of stores, and the suite finds stores that do not.
#[cfg(test)]
mod contract {
    use std::future::{Ready, ready};
    use std::time::Duration;

    use palisade_core::{ConfigError, FakeClock, StoreError};
    use palisade_ratelimit::store::{Store, Taken, TakenKind};
    use palisade_ratelimit::{MemoryStore, Quota, RateKey, testing};

    fn memory(quota: &Quota, clock: &FakeClock) -> MemoryStore<FakeClock> {
        MemoryStore::sized(quota, 64 << 10)
            .unwrap()
            .with_clock(clock.clone())
    }

    #[tokio::test]
    async fn the_store_in_memory_keeps_the_contract() {
        testing::contract(memory).await;
    }

    /// A store in memory with one fault.
    struct Faulty(MemoryStore<FakeClock>, Fault);

    #[derive(Clone, Copy)]
    enum Fault {
        AdmitsAll,
        CutsCosts,
        ForgetsNothing,
        PeeksByTaking,
        SharesOneKey,
    }

    impl Store for Faulty {
        type Take = Ready<Result<Taken, StoreError>>;
        type Reset = Ready<Result<(), StoreError>>;

        fn take(&self, key: RateKey, quota: &Quota, cost: u64) -> Self::Take {
            let cost = if let Fault::CutsCosts = self.1 {
                cost & 0xffff_ffff
            } else {
                cost
            };
            let key = if let Fault::SharesOneKey = self.1 {
                one_key()
            } else {
                key
            };
            let taken = self.0.take_now(key, quota, cost);
            let admitted = Taken::admitted(Duration::ZERO, 1, Duration::ZERO);
            ready(taken.map(|taken| match (self.1, taken.kind()) {
                (Fault::AdmitsAll, TakenKind::Refused) => admitted,
                _ => taken,
            }))
        }

        fn peek(&self, key: RateKey, quota: &Quota) -> Self::Take {
            if let Fault::PeeksByTaking = self.1 {
                self.take(key, quota, 1)
            } else {
                self.0.peek(key, quota)
            }
        }

        fn reset(&self, key: RateKey) -> Self::Reset {
            if let Fault::ForgetsNothing = self.1 {
                ready(Ok(()))
            } else {
                self.0.reset(key)
            }
        }

        fn supports(&self, _: &Quota) -> Result<(), ConfigError> {
            Ok(())
        }
    }

    fn one_key() -> RateKey {
        let secret = palisade_core::RootSecret::new((0..32).collect::<Vec<u8>>().into()).unwrap();
        palisade_ratelimit::KeyHasher::shared(&secret, "one")
            .key()
            .finish()
    }

    async fn run(fault: Fault) {
        testing::contract(|quota, clock| Faulty(memory(quota, clock), fault)).await;
    }

    #[tokio::test]
    #[should_panic(expected = "broken: 1:")]
    async fn a_store_that_admits_all_is_found() {
        run(Fault::AdmitsAll).await;
    }

    #[tokio::test]
    #[should_panic(expected = "broken: 5:")]
    async fn a_store_that_cuts_costs_to_32_bits_is_found() {
        run(Fault::CutsCosts).await;
    }

    #[tokio::test]
    #[should_panic(expected = "broken: 8:")]
    async fn a_store_with_one_counter_for_all_is_found() {
        run(Fault::SharesOneKey).await;
    }

    #[tokio::test]
    #[should_panic(expected = "broken: 9:")]
    async fn a_store_that_peeks_by_taking_is_found() {
        run(Fault::PeeksByTaking).await;
    }

    #[tokio::test]
    #[should_panic(expected = "broken: 10:")]
    async fn a_store_that_resets_nothing_is_found() {
        run(Fault::ForgetsNothing).await;
    }
}
