//! The operations on one session.
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Principal, StoreError, TokenHash, TokenRef};
use palisade_redis::{Arg, Reply, Script};

use super::digest::Short;
use super::scripts::{CLAIM, CREATE, DELETE, LOAD, ROTATE, UPDATE};
use super::seal::failed;
use super::wire::{Answer, Fields, holder, sealed_value, weight};
use super::{RedisStore, micros};
use crate::values::MAX_VALUES;
use crate::{Changes, Created, Draft, Found, Loaded, OVERLAP, Record, Rotated, Rotation, SessionId, Updated};

impl RedisStore {
    /// Runs a script that begins with `common.lua`.
    pub(super) async fn run(
        &self,
        script: &Script,
        session: TokenRef,
        args: &[Arg<'_>],
    ) -> Result<Reply, StoreError> {
        let mut all = vec![Arg::Uint(self.shift()), Arg::Uint(micros(OVERLAP))];
        all.extend_from_slice(args);
        self.redis.call(script, &self.key(session), &all).await
    }

    async fn ask(&self, script: &Script, session: TokenRef, args: &[Arg<'_>]) -> Result<Answer, StoreError> {
        Answer::read(self.run(script, session, args).await?)
    }

    async fn record(&self, session: TokenRef, answer: &Answer) -> Result<Option<Arc<Record>>, StoreError> {
        let generations = self.epochs.current(&self.redis).await?;
        answer.record(session, &self.seal, &generations)
    }

    pub(super) async fn do_create(&self, id: SessionId, draft: Draft) -> Result<Created, StoreError> {
        let session = id.reference();
        if !self.make_room(session, &draft).await? {
            return Ok(Created::TooMany);
        }
        let generations = self.epochs.current(&self.redis).await?;
        let mut fields = Fields::of_login(&self.seal, session, id.hash(), (&draft, &generations))?;
        fields.add_values(&self.seal, session, &draft.values)?;
        fields.add(b"h", id.hash().as_bytes().as_slice());
        let args: Vec<_> = fields.iter().map(Arg::Bytes).collect();
        let answer = self.ask(&CREATE, session, &args).await?;
        if answer.word == b"taken" {
            return Ok(Created::Taken);
        }
        let record = answer.record(session, &self.seal, &generations)?;
        record.map(Created::Begun).ok_or_else(failed)
    }

    pub(super) async fn do_load(&self, id: SessionId) -> Result<Loaded, StoreError> {
        let (session, hash) = (id.reference(), id.hash());
        let answer = self.ask(&LOAD, session, &[hash.as_bytes().into()]).await?;
        match answer.word.as_slice() {
            b"late" => return Ok(Loaded::Late),
            b"ended" => return Ok(Loaded::Ended),
            b"expired" => return Ok(Loaded::Expired),
            b"unknown" => return Ok(Loaded::Unknown),
            b"found" => {}
            _ => return Err(failed()),
        }
        let Some(record) = self.record(session, &answer).await? else {
            return Ok(Loaded::Ended);
        };
        Ok(Loaded::Found(match (answer.late, answer.due) {
            (true, _) => Found::late(record),
            (false, true) => Found::due(record),
            (false, false) => Found::new(record),
        }))
    }

    pub(super) async fn do_update(&self, id: SessionId, changes: Changes) -> Result<Updated, StoreError> {
        let session = id.reference();
        let expected = changes
            .expected()
            .map(|version| version.to_string())
            .unwrap_or_default();
        let mut parts = Vec::new();
        for (name, json) in changes.iter() {
            let sealed = json
                .map(|json| sealed_value(&self.seal, session, name, json))
                .transpose()?;
            parts.push((name, json.map_or(0, |json| weight(name, json)), sealed));
        }
        let hash = id.hash();
        let mut args: Vec<Arg<'_>> = vec![
            hash.as_bytes().into(),
            expected.as_str().into(),
            number(changes.max_bytes()),
            number(MAX_VALUES),
        ];
        for (name, weight, sealed) in &parts {
            let (act, stored) = sealed.as_ref().map_or(("d", &[][..]), |sealed| ("s", sealed));
            args.extend([(*name).into(), act.into(), number(*weight), stored.into()]);
        }
        let answer = self.ask(&UPDATE, session, &args).await?;
        let made = match answer.word.as_slice() {
            b"gone" => return Ok(Updated::Gone),
            b"superseded" => return Ok(Updated::Superseded),
            b"too_large" => return Ok(Updated::TooLarge),
            b"conflict" => Updated::Conflict,
            b"found" => Updated::Saved,
            _ => return Err(failed()),
        };
        let record = self.record(session, &answer).await?;
        Ok(record.map_or(Updated::Gone, made))
    }

    pub(super) async fn do_rotate(
        &self,
        old: SessionId,
        new: TokenHash,
        rotation: Rotation,
    ) -> Result<Rotated, StoreError> {
        let session = old.reference();
        let (kind, fields) = match &rotation {
            Rotation::Login(draft) => {
                if !self.make_room(session, draft).await? {
                    return Ok(Rotated::TooMany);
                }
                let generations = self.epochs.current(&self.redis).await?;
                (
                    "login",
                    Fields::of_login(&self.seal, session, new, (draft, &generations))?,
                )
            }
            Rotation::Renew(None) => ("renew", Fields::default()),
            Rotation::Renew(Some(principal)) => ("renew_as", self.holder_fields(session, principal)?),
        };
        let hash = old.hash();
        let mut args: Vec<Arg<'_>> = vec![hash.as_bytes().into(), new.as_bytes().into(), kind.into()];
        args.extend(fields.iter().map(Arg::Bytes));
        let answer = self.ask(&ROTATE, session, &args).await?;
        match answer.word.as_slice() {
            b"gone" => Ok(Rotated::Gone),
            b"superseded" => self.superseded(session, &answer).await,
            b"found" => {
                let record = self.record(session, &answer).await?;
                Ok(record.map_or(Rotated::Gone, Rotated::Moved))
            }
            _ => Err(failed()),
        }
    }

    fn holder_fields(&self, session: TokenRef, principal: &Principal) -> Result<Fields, StoreError> {
        let mut fields = Fields::default();
        fields.add(b"w", holder(&self.seal, session, Some(principal))?);
        Ok(fields)
    }

    /// The values, where the script sent them: where somebody logs in to the account that has the session by now.
    async fn superseded(&self, session: TokenRef, answer: &Answer) -> Result<Rotated, StoreError> {
        if !answer.has_fields() {
            return Ok(Rotated::Superseded(None));
        }
        let record = self.record(session, answer).await?;
        Ok(Rotated::Superseded(record.map(|record| record.values().clone())))
    }

    pub(super) async fn do_delete(&self, id: SessionId) -> Result<bool, StoreError> {
        let (session, hash) = (id.reference(), id.hash());
        let reply = self.run(&DELETE, session, &[hash.as_bytes().into()]).await?;
        let [alive, subject] = reply.into_array()?;
        let subject = subject.into_bytes()?;
        if let Some(subject) = Short::read(&subject) {
            self.unlist(subject, &[session]).await;
        }
        Ok(alive.into_int()? == 1)
    }

    pub(super) async fn do_claim(&self, value: TokenHash, keep: Duration) -> Result<bool, StoreError> {
        let millis = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX).max(1);
        let key = self.redis.key("claim", value.as_bytes());
        let reply = self.redis.call(&CLAIM, &key, &[millis.into()]).await?;
        Ok(reply.into_int()? == 1)
    }
}

fn number(number: usize) -> Arg<'static> {
    Arg::Uint(u64::try_from(number).unwrap_or(u64::MAX))
}
