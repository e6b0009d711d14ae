//! A memory store that counts what it is asked, fails when told to, and takes its time when told to.
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

use palisade_core::{FakeClock, StoreError, StoreErrorKind, Subject, TokenHash, TokenRef};
use palisade_session::{Changes, Draft, Listed, Loaded, MemoryStore, Record, Rotation, Store, Updated};

#[derive(Clone)]
pub(crate) struct Probe {
    pub(crate) memory: MemoryStore<FakeClock>,
    settings: Arc<Mutex<Settings>>,
}

#[derive(Default)]
struct Settings {
    calls: Vec<&'static str>,
    fault: Option<StoreErrorKind>,
    slow: bool,
}

type Boxed<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

impl Probe {
    pub(crate) fn new(clock: &FakeClock) -> Self {
        Self {
            memory: MemoryStore::with_clock(clock.clone()),
            settings: Arc::default(),
        }
    }

    /// From now on everything fails; `None` ends it.
    pub(crate) fn fail(&self, fault: impl Into<Option<StoreErrorKind>>) {
        self.settings.lock().unwrap().fault = fault.into();
    }

    /// From now on every operation is waited for once before it is done and once after.
    pub(crate) fn slow(&self) {
        self.settings.lock().unwrap().slow = true;
    }

    /// What was asked since the last call.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.settings.lock().unwrap().calls)
    }

    fn ask<F, T>(
        &self,
        call: &'static str,
        act: impl FnOnce(&MemoryStore<FakeClock>) -> F + Send + 'static,
    ) -> Boxed<T>
    where
        F: Future<Output = Result<T, StoreError>> + Send,
        T: Send,
    {
        let (memory, settings) = (self.memory.clone(), Arc::clone(&self.settings));
        Box::pin(async move {
            let (fault, slow) = {
                let mut settings = settings.lock().unwrap();
                settings.calls.push(call);
                (settings.fault, settings.slow)
            };
            if slow {
                wait().await;
            }
            let result = match fault {
                Some(kind) => Err(StoreError::caused_by(kind, "redis://user:hunter2@db")),
                None => act(&memory).await,
            };
            if slow {
                wait().await;
            }
            result
        })
    }
}

/// Pending once.
async fn wait() {
    let mut pending = true;
    std::future::poll_fn(move |cx| {
        if !std::mem::take(&mut pending) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Store for Probe {
    type Create = Boxed<Option<Arc<Record>>>;
    type Load = Boxed<Loaded>;
    type Update = Boxed<Updated>;
    type Rotate = Boxed<Option<Arc<Record>>>;
    type Delete = Boxed<bool>;
    type List = Boxed<Vec<Listed>>;
    type EndAll = Boxed<usize>;

    fn create(&self, id: TokenHash, draft: Draft) -> Self::Create {
        self.ask("create", move |memory| memory.create(id, draft))
    }
    fn load(&self, id: TokenHash) -> Self::Load {
        self.ask("load", move |memory| memory.load(id))
    }
    fn update(&self, id: TokenHash, changes: Changes) -> Self::Update {
        self.ask("update", move |memory| memory.update(id, changes))
    }
    fn rotate(&self, old: TokenHash, new: TokenHash, rotation: Rotation) -> Self::Rotate {
        self.ask("rotate", move |memory| memory.rotate(old, new, rotation))
    }
    fn delete(&self, id: TokenHash) -> Self::Delete {
        self.ask("delete", move |memory| memory.delete(id))
    }
    fn list(&self, subject: &Subject) -> Self::List {
        let subject = subject.clone();
        self.ask("list", move |memory| memory.list(&subject))
    }
    fn end(&self, subject: &Subject, session: TokenRef) -> Self::Delete {
        let subject = subject.clone();
        self.ask("end", move |memory| memory.end(&subject, session))
    }
    fn end_all(&self, subject: &Subject, keep: Option<TokenRef>) -> Self::EndAll {
        let subject = subject.clone();
        self.ask("end_all", move |memory| memory.end_all(&subject, keep))
    }
}
