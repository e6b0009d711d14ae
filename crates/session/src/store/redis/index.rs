//! The sessions of an account.
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use palisade_core::{StoreError, Timestamp, TokenRef};
use palisade_redis::Arg;

use super::digest::Short;
use super::scripts::{END, INDEX_ADD, INDEX_ALL, INDEX_REMOVE, PEEK};
use super::seal::failed;
use super::wire::Answer;
use super::{RedisStore, micros};
use crate::{Draft, Listed, Record};

/// How often room is looked for: each time others were faster.
const ATTEMPTS: usize = 8;

/// A session that was looked at.
pub(super) struct Seen {
    pub(super) record: Arc<Record>,
    used: Timestamp,
    ends: u64,
}

impl RedisStore {
    /// Files the session among those of the account that logs in, and ends others where they are too many; `false` where it
    /// may not.
    pub(super) async fn make_room(&self, session: TokenRef, draft: &Draft) -> Result<bool, StoreError> {
        let Some(principal) = draft.principal() else {
            return Ok(true);
        };
        let subject = Short::of_subject(principal.subject());
        for _ in 0..ATTEMPTS {
            let others = self.file(session, subject, draft).await?;
            if others.is_empty() {
                return Ok(true);
            }
            if !self.thin_out(subject, others, draft).await? {
                return Ok(false);
            }
        }
        Err(failed())
    }

    /// Puts the session on the account's list, or answers what fills it.
    async fn file(
        &self,
        session: TokenRef,
        subject: Short,
        draft: &Draft,
    ) -> Result<Vec<TokenRef>, StoreError> {
        let most = u64::try_from(draft.concurrent().most()).map_err(|_| failed())?;
        let args: [Arg<'_>; 4] = [
            self.shift().into(),
            session.as_bytes().into(),
            micros(draft.lifetimes.absolute()).into(),
            most.into(),
        ];
        references(self.redis.call(&INDEX_ADD, &self.index(subject), &args).await?)
    }

    /// Takes off the list what has ended and, if that is not enough, ends what would expire first; `false` where the account
    /// wants the login refused instead.
    async fn thin_out(
        &self,
        subject: Short,
        others: Vec<TokenRef>,
        draft: &Draft,
    ) -> Result<bool, StoreError> {
        let mut alive = self.seen(subject, others).await?;
        let most = draft.concurrent().most();
        let excess = alive.len().saturating_add(1).saturating_sub(most);
        if excess > 0 && draft.concurrent().refuses() {
            return Ok(false);
        }
        alive.sort_by_key(|seen| seen.ends);
        alive.truncate(excess);
        let first = alive.iter().map(|seen| seen.record.reference()).collect();
        self.do_end(subject, first).await?;
        Ok(true)
    }

    pub(super) async fn do_list(&self, subject: Short) -> Result<Vec<Listed>, StoreError> {
        let mut sessions = self.seen(subject, self.named(subject).await?).await?;
        sessions.sort_by_key(|seen| std::cmp::Reverse(seen.used));
        let listed = |seen: Seen| Listed::new(seen.record, seen.used);
        Ok(sessions.into_iter().map(listed).collect())
    }

    /// Ends those of the account's sessions, all at once, and tells how many were alive.
    pub(super) async fn do_end(&self, subject: Short, sessions: Vec<TokenRef>) -> Result<usize, StoreError> {
        let end = |session: &TokenRef| {
            let (store, session) = (self.clone(), *session);
            async move {
                let reply = store.run(&END, session, &[subject.as_bytes().into()]).await?;
                Ok(reply.into_int()? == 1)
            }
        };
        let ended = at_once(sessions.iter().map(end)).await?;
        self.unlist(subject, &sessions).await;
        Ok(ended.into_iter().filter(|alive| *alive).count())
    }

    /// What is on the account's list, alive or not.
    pub(super) async fn named(&self, subject: Short) -> Result<Vec<TokenRef>, StoreError> {
        references(self.redis.call(&INDEX_ALL, &self.index(subject), &[]).await?)
    }

    /// Takes sessions off the list. One that stays is taken off by whoever reads it next, so a failure is none.
    pub(super) async fn unlist(&self, subject: Short, sessions: &[TokenRef]) {
        if sessions.is_empty() {
            return;
        }
        let args: Vec<_> = sessions.iter().map(|session| session.as_bytes().into()).collect();
        drop(self.redis.call(&INDEX_REMOVE, &self.index(subject), &args).await);
    }

    /// Looks at the account's sessions, all at once; takes off the list what has ended.
    async fn seen(&self, subject: Short, sessions: Vec<TokenRef>) -> Result<Vec<Seen>, StoreError> {
        let look = |session: &TokenRef| {
            let (store, session) = (self.clone(), *session);
            async move { Ok((session, store.look(session, Some(subject)).await?)) }
        };
        let (mut alive, mut gone) = (Vec::new(), Vec::new());
        for (session, seen) in at_once(sessions.iter().map(look)).await? {
            match seen {
                Some(seen) => alive.push(seen),
                None => gone.push(session),
            }
        }
        self.unlist(subject, &gone).await;
        Ok(alive)
    }

    /// Looks at a session without using it, if it is that account's.
    pub(super) async fn look(
        &self,
        session: TokenRef,
        subject: Option<Short>,
    ) -> Result<Option<Seen>, StoreError> {
        let subject = subject.as_ref().map_or(&[][..], Short::as_bytes);
        let answer = Answer::read(self.run(&PEEK, session, &[subject.into()]).await?)?;
        if answer.word != b"found" {
            return Ok(None);
        }
        let generations = self.epochs.current(&self.redis).await?;
        let Some(record) = answer.record(session, &self.seal, &generations)? else {
            return Ok(None);
        };
        Ok(Some(Seen {
            record,
            used: answer.last_seen()?,
            ends: answer.ends,
        }))
    }
}

fn references(reply: palisade_redis::Reply) -> Result<Vec<TokenRef>, StoreError> {
    let read = |item: palisade_redis::Reply| {
        let bytes = item.into_bytes()?;
        let bytes = <[u8; 9]>::try_from(bytes).map_err(|_| failed())?;
        Ok(TokenRef::from_bytes(bytes))
    };
    reply.into_list()?.into_iter().map(read).collect()
}

/// Waits for all of them together; the first error is the answer.
async fn at_once<T, F>(futures: impl Iterator<Item = F>) -> Result<Vec<T>, StoreError>
where
    F: Future<Output = Result<T, StoreError>> + Send,
{
    let mut waiting: Vec<Option<Pin<Box<F>>>> = futures.map(|future| Some(Box::pin(future))).collect();
    let mut done = Vec::with_capacity(waiting.len());
    poll_fn(|cx| {
        for slot in &mut waiting {
            let Some(future) = slot else { continue };
            if let Poll::Ready(result) = future.as_mut().poll(cx) {
                *slot = None;
                match result {
                    Ok(value) => done.push(value),
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
        }
        if waiting.iter().all(Option::is_none) {
            return Poll::Ready(Ok(()));
        }
        Poll::Pending
    })
    .await?;
    Ok(done)
}
