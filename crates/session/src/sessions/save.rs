//! Stores what a request has changed.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::{SecurityEvent, StoreError};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Sessions;
use crate::id::Minted;
use crate::state::Held;
use crate::{
    Changes, Created, Draft, Rotated, Rotation, Session, SessionId, SessionRefused, SessionRefusedKind,
    Store, Updated, Values,
};

/// How often [`Sessions::modify`] begins anew because others were faster. Each time somebody else has got through.
const ATTEMPTS: usize = 256;

impl<S: Store> Sessions<S> {
    /// Stores the values that were changed, if any: in one step, together with what other requests have stored meanwhile.
    /// Where two have set the same name, the last one stays; other names are never undone.
    ///
    /// An anonymous session gets its id here, with the first value. The layer saves with every response, whatever its
    /// status.
    ///
    /// # Errors
    /// The future answers [`SessionRefused`] where the session was ended meanwhile (what was changed is then dropped, the
    /// session is never made again), where the values have become too large together with those of another request, and
    /// where the store fails or is full (what was changed can then be saved again).
    pub fn save(&self, session: &Session) -> SaveFuture<S> {
        SaveFuture {
            state: self.begin_save(session),
            sessions: self.clone(),
            session: session.clone(),
        }
    }

    fn begin_save(&self, session: &Session) -> Saving<S> {
        let (held, late, made) = {
            let state = session.lock();
            let held = state.held.as_ref().map(|held| held.id);
            (held, state.late, state.changes.clone())
        };
        if made.is_empty() {
            return self.begin_renewal(session);
        }
        if let Some(id) = held {
            let answer = self.0.store.update(id, made.clone());
            return Saving::Updating { answer, id, made };
        }
        if late.is_some() {
            return Saving::refused(SessionRefused::new(SessionRefusedKind::Superseded));
        }
        let draft = Values::EMPTY
            .changed(&made)
            .map(|values| self.draft(session).with_values(values));
        match draft
            .map_err(SessionRefused::from)
            .and_then(|draft| self.begin_create(draft))
        {
            Ok((minted, answer)) => Saving::Creating {
                answer,
                minted: Some(minted),
                made,
            },
            Err(refused) => Saving::refused(refused),
        }
    }

    /// Replaces the id where it has become too old.
    fn begin_renewal(&self, session: &Session) -> Saving<S> {
        let due = session.lock().due();
        match due.map(|old| (old, old.next())) {
            None => Saving::Done { result: Some(Ok(())) },
            Some((_, Err(_))) => Saving::refused(INTERNAL),
            Some((old, Ok(minted))) => Saving::Renewing {
                answer: self.0.store.rotate(old, minted.id.hash(), Rotation::Renew(None)),
                minted: Some(minted),
            },
        }
    }

    /// Asks the store for a new session under a new id.
    pub(super) fn begin_create(&self, draft: Draft) -> Result<(Minted, S::Create), SessionRefused> {
        let minted = SessionId::mint().map_err(|_| INTERNAL)?;
        let answer = self.0.store.create(minted.id, draft);
        Ok((minted, answer))
    }

    /// The session has the id that the store was asked for.
    pub(super) fn created(
        &self,
        session: &Session,
        minted: Minted,
        answer: Result<Created, StoreError>,
    ) -> Result<(), SessionRefused> {
        let record = match self.heed(answer)? {
            Created::Begun(record) => record,
            Created::TooMany => return Err(self.too_many(session)),
            // A reference of 72 random bits that is taken means that the bits are not random: no second try makes that
            // good.
            Created::Taken => return Err(INTERNAL),
        };
        self.0.health.room.works(&self.0.recorder);
        session.lock().adopt(minted, record);
        Ok(())
    }

    fn updated(
        &self,
        session: &Session,
        id: SessionId,
        answer: Result<Updated, StoreError>,
    ) -> Result<(), SessionRefused> {
        match self.heed(answer)? {
            Updated::Saved(record) => {
                session.lock().replace(id, record);
                Ok(())
            }
            Updated::Conflict(record) => {
                session.lock().replace(id, record);
                Err(SessionRefused::new(SessionRefusedKind::Contended))
            }
            Updated::TooLarge => Err(SessionRefused::new(SessionRefusedKind::ValueTooLarge)),
            Updated::Superseded => Err(session.lock().superseded(id)),
            Updated::Gone => Err(session.lock().ended(id)),
        }
    }

    /// A renewal that did not come about is tried again with the next request; nobody is told.
    fn renewed(&self, session: &Session, minted: Minted, answer: Result<Rotated, StoreError>) {
        if let Ok(Rotated::Moved(record)) = self.heed(answer) {
            session.lock().adopt(minted, record);
            self.tell(session, SecurityEvent::SessionRenewed, Some("age"));
        }
    }

    /// Changes a value where it stands, at once: reads it, or takes the default where there is none, lets `change` have
    /// it, and stores it only if nobody else has stored anything in between; else it begins anew with what is there then.
    /// So of a hundred requests that each add to a cart, none is lost.
    ///
    /// `change` may be called several times. Values that were changed before are saved first.
    ///
    /// # Errors
    /// [`SessionRefused`] as of [`save`](Self::save) and [`Session::get`]; of kind
    /// [`Contended`](SessionRefusedKind::Contended) after 256 tries.
    pub async fn modify<T, F>(
        &self,
        session: &Session,
        name: &str,
        mut change: F,
    ) -> Result<(), SessionRefused>
    where
        T: Default + Serialize + DeserializeOwned,
        F: FnMut(&mut T),
    {
        self.save(session).await?;
        for _ in 0..ATTEMPTS {
            let (held, mut value) = (session.held(), session.get::<T>(name)?.unwrap_or_default());
            change(&mut value);
            let Some(Held { id, record, .. }) = held else {
                // Nobody else knows a session that has no id yet.
                session.insert(name, &value)?;
                return self.save(session).await;
            };
            let json = crate::session::json(&value)?;
            if record.values().get(name) == Some(&json) {
                return Ok(());
            }
            let changes = Changes::new(self.0.max_bytes)
                .set(name, &json)
                .only_if(record.version());
            let answer = self.0.store.update(id, changes).await;
            match self.updated(session, id, answer) {
                Err(refused) if refused.kind() == SessionRefusedKind::Contended => {}
                done => return done,
            }
        }
        Err(SessionRefused::new(SessionRefusedKind::Contended))
    }
}

pub(super) const INTERNAL: SessionRefused = SessionRefused::new(SessionRefusedKind::Internal);

/// The answer of [`Sessions::save`]. Where nothing was changed it answers without asking the store.
///
/// What was changed stays in the session until the store has it: a future that is dropped loses nothing.
#[must_use = "futures do nothing unless polled"]
pub struct SaveFuture<S: Store> {
    state: Saving<S>,
    sessions: Sessions<S>,
    session: Session,
}

enum Saving<S: Store> {
    Creating {
        answer: S::Create,
        minted: Option<Minted>,
        made: Changes,
    },
    Updating {
        answer: S::Update,
        id: SessionId,
        made: Changes,
    },
    Renewing {
        answer: S::Rotate,
        minted: Option<Minted>,
    },
    Done {
        result: Option<Result<(), SessionRefused>>,
    },
}

impl<S: Store> Saving<S> {
    const fn refused(refused: SessionRefused) -> Self {
        Self::Done {
            result: Some(Err(refused)),
        }
    }
}

impl<S: Store> Future for SaveFuture<S> {
    type Output = Result<(), SessionRefused>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        loop {
            let (result, made) = match &mut this.state {
                // A future must not be polled after it was ready; one that is polled all the same never answers.
                Saving::Done { result } => return result.take().map_or(Poll::Pending, Poll::Ready),
                Saving::Updating { answer, id, made } => {
                    let answer = ready!(Pin::new(answer).poll(cx));
                    (this.sessions.updated(&this.session, *id, answer), made)
                }
                Saving::Creating { answer, minted, made } => {
                    let answer = ready!(Pin::new(answer).poll(cx));
                    let Some(minted) = minted.take() else {
                        return Poll::Pending;
                    };
                    (this.sessions.created(&this.session, minted, answer), made)
                }
                Saving::Renewing { answer, minted } => {
                    let answer = ready!(Pin::new(answer).poll(cx));
                    if let Some(minted) = minted.take() {
                        this.sessions.renewed(&this.session, minted, answer);
                    }
                    return Poll::Ready(Ok(()));
                }
            };
            if result.is_err() {
                return Poll::Ready(result);
            }
            this.session.lock().changes.settle(made);
            this.state = this.sessions.begin_renewal(&this.session);
        }
    }
}

impl<S: Store> fmt::Debug for SaveFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SaveFuture").finish_non_exhaustive()
    }
}
