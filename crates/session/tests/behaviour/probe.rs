//! A memory store that counts what it is asked, fails when told to, and takes its time when told to.
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use palisade_core::{FakeClock, StoreError, StoreErrorKind, Subject, TokenHash, TokenRef};
use palisade_session::{
    Changes, Created, Draft, Listed, Loaded, MemoryStore, Record, Rotated, Rotation, Scope, SessionId, Store,
    Updated,
};

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
    type Create = Boxed<Created>;
    type Load = Boxed<Loaded>;
    type Update = Boxed<Updated>;
    type Rotate = Boxed<Rotated>;
    type Delete = Boxed<bool>;
    type List = Boxed<Vec<Listed>>;
    type EndAll = Boxed<usize>;
    type Revoke = Boxed<()>;
    type Peek = Boxed<Option<Arc<Record>>>;

    fn create(&self, id: SessionId, draft: Draft) -> Self::Create {
        self.ask("create", move |memory| memory.create(id, draft))
    }
    fn load(&self, id: SessionId) -> Self::Load {
        self.ask("load", move |memory| memory.load(id))
    }
    fn update(&self, id: SessionId, changes: Changes) -> Self::Update {
        self.ask("update", move |memory| memory.update(id, changes))
    }
    fn rotate(&self, old: SessionId, new: TokenHash, rotation: Rotation) -> Self::Rotate {
        self.ask("rotate", move |memory| memory.rotate(old, new, rotation))
    }
    fn delete(&self, id: SessionId) -> Self::Delete {
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
    fn revoke(&self, scope: Scope<'_>) -> Self::Revoke {
        let tenant = match scope {
            Scope::Tenant(tenant) => Some(tenant.clone()),
            Scope::Everybody | _ => None,
        };
        self.ask("revoke", move |memory| {
            memory.revoke(tenant.as_ref().map_or(Scope::Everybody, Scope::Tenant))
        })
    }
    fn peek(&self, session: TokenRef) -> Self::Peek {
        self.ask("peek", move |memory| memory.peek(session))
    }
    fn claim(&self, value: TokenHash, keep: Duration) -> Self::Delete {
        self.ask("claim", move |memory| memory.claim(value, keep))
    }
}
