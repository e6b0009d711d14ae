//! How a session is written down and read back.
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Network, Principal, StoreError, StoredPrincipal, Timestamp, TokenHash, TokenRef};
use palisade_redis::Reply;
use serde::{Deserialize, Serialize};

use super::digest::Short;
use super::epochs::{Generations, number};
use super::seal::{Place, Seal, Unsealed, failed};
use crate::seed::Seed;
use crate::signals::Agent;
use crate::{Concurrent, Draft, Lifetimes, Record, Values};

/// What changes at logins only.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    seed: Seed,
    device: Option<Box<str>>,
    network: Option<[u8; 17]>,
    agent: Option<[u8; 8]>,
}

/// Fields and what goes into them, in the order of a script's arguments.
#[derive(Debug, Default)]
pub(super) struct Fields(Vec<Vec<u8>>);

impl Fields {
    pub(super) fn add(&mut self, name: &[u8], value: impl Into<Vec<u8>>) {
        self.0.push(name.to_vec());
        self.0.push(value.into());
    }

    fn add_number(&mut self, name: &[u8], value: &impl ToString) {
        self.add(name, value.to_string());
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// What a login writes: all but the values.
    pub(super) fn of_login(
        seal: &Seal,
        session: TokenRef,
        new: TokenHash,
        (draft, generations): (&Draft, &Generations),
    ) -> Result<Self, StoreError> {
        let head = Head {
            seed: Seed::of(new),
            device: draft.device.as_deref().map(Into::into),
            network: draft.network.map(|network| network.to_bytes()),
            agent: draft.agent.map(|agent| agent.0),
        };
        let head = serde_json::to_vec(&head).map_err(|_| failed())?;
        let principal = draft.principal();
        let tenant = principal.and_then(Principal::tenant).map(Short::of_tenant);
        let tenant = tenant.as_ref().map_or(&[][..], Short::as_bytes);
        let subject = principal.map(|principal| Short::of_subject(principal.subject()));
        let mut fields = Self::default();
        fields.add(b"d", seal.seal(Place { session, field: b"d" }, &head)?);
        fields.add(b"w", holder(seal, session, principal)?);
        fields.add(b"u", subject.as_ref().map_or(&[][..], Short::as_bytes));
        fields.add(b"n", tenant);
        fields.add_number(b"g", &generations.of_everybody());
        fields.add_number(b"m", &generations.of_tenant(tenant));
        fields.add_number(b"i", &draft.lifetimes.idle().as_micros());
        fields.add_number(b"a", &draft.lifetimes.absolute().as_micros());
        fields.add_number(b"r", &draft.lifetimes.renewal().unwrap_or_default().as_micros());
        Ok(fields)
    }

    /// The values of a new session.
    pub(super) fn add_values(
        &mut self,
        seal: &Seal,
        session: TokenRef,
        values: &Values,
    ) -> Result<(), StoreError> {
        for (name, json) in values.iter() {
            let sealed = sealed_value(seal, session, name, json)?;
            let weight = weight(name, json).to_string();
            self.add(&field(name), [weight.as_bytes(), b":", &sealed].concat());
        }
        self.add_number(b"z", &values.size());
        self.add_number(b"k", &values.len());
        Ok(())
    }
}

/// Who holds a session; nothing for nobody.
pub(super) fn holder(
    seal: &Seal,
    session: TokenRef,
    principal: Option<&Principal>,
) -> Result<Vec<u8>, StoreError> {
    let Some(principal) = principal else {
        return Ok(Vec::new());
    };
    let json = serde_json::to_vec(&StoredPrincipal::from(principal)).map_err(|_| failed())?;
    seal.seal(Place { session, field: b"w" }, &json)
}

pub(super) const fn weight(name: &str, json: &[u8]) -> usize {
    name.len().saturating_add(json.len())
}

fn field(name: &str) -> Vec<u8> {
    [b"=", name.as_bytes()].concat()
}

pub(super) fn sealed_value(
    seal: &Seal,
    session: TokenRef,
    name: &str,
    json: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let field = field(name);
    seal.seal(
        Place {
            session,
            field: &field,
        },
        json,
    )
}

/// What a script has answered of a session.
#[derive(Debug)]
pub(super) struct Answer {
    /// The first word of the answer.
    pub(super) word: Vec<u8>,
    /// Whether the old id was presented.
    pub(super) late: bool,
    pub(super) due: bool,
    fields: HashMap<Vec<u8>, Vec<u8>>,
    /// When it ends, where that was asked.
    pub(super) ends: u64,
}

impl Answer {
    pub(super) fn read(reply: Reply) -> Result<Self, StoreError> {
        let mut items = reply.into_list()?.into_iter();
        let mut answer = Self {
            word: items.next().ok_or_else(failed)?.into_bytes()?,
            late: false,
            due: false,
            fields: HashMap::new(),
            ends: 0,
        };
        if let (Some(which), Some(due), Some(flat)) = (items.next(), items.next(), items.next()) {
            answer.late = which.into_bytes()? == b"old";
            answer.due = due.into_int()? == 1;
            let mut flat = flat.into_list()?.into_iter();
            while let (Some(name), Some(value)) = (flat.next(), flat.next()) {
                answer.fields.insert(name.into_bytes()?, value.into_bytes()?);
            }
        }
        if let Some(ends) = items.next() {
            answer.ends = number(&ends.into_bytes()?)?;
        }
        Ok(answer)
    }

    pub(super) fn has_fields(&self) -> bool {
        !self.fields.is_empty()
    }

    fn field(&self, name: &[u8]) -> Result<&[u8], StoreError> {
        self.fields.get(name).map(Vec::as_slice).ok_or_else(failed)
    }

    fn number(&self, name: &[u8]) -> Result<u64, StoreError> {
        number(self.field(name)?)
    }

    fn span(&self, name: &[u8]) -> Result<Duration, StoreError> {
        self.number(name).map(Duration::from_micros)
    }

    pub(super) fn last_seen(&self) -> Result<Timestamp, StoreError> {
        self.number(b"t").map(Timestamp::from_micros)
    }

    /// The record; nothing where the session is void: revoked, or sealed by a key that is.
    pub(super) fn record(
        &self,
        session: TokenRef,
        seal: &Seal,
        generations: &Generations,
    ) -> Result<Option<Arc<Record>>, StoreError> {
        let revoked = self.number(b"g")? < generations.of_everybody()
            || self.number(b"m")? < generations.of_tenant(self.field(b"n")?);
        if revoked {
            return Ok(None);
        }
        let holder: &[u8] = if self.late { b"ow" } else { b"w" };
        let reading = Reading { session, seal };
        let (Some(head), Some(principal), Some(values)) = (
            reading.head(self.field(b"d")?)?,
            reading.holder(self.field(holder)?)?,
            reading.values(&self.fields)?,
        ) else {
            return Ok(None);
        };
        Ok(Some(Arc::new(Record {
            reference: session,
            version: self.number(b"v")?,
            created: Timestamp::from_micros(self.number(b"b")?),
            seed: head.seed,
            draft: Draft {
                principal: principal.0,
                values,
                lifetimes: self.lifetimes()?,
                device: head.device.map(Into::into),
                network: head.network.and_then(Network::from_bytes),
                agent: head.agent.map(Agent),
                concurrent: Concurrent::DEFAULT,
            },
        })))
    }

    fn lifetimes(&self) -> Result<Lifetimes, StoreError> {
        let lifetimes = Lifetimes::new(self.span(b"i")?, self.span(b"a")?).map_err(|_| failed())?;
        let renewal = self.span(b"r")?;
        if renewal.is_zero() {
            return Ok(lifetimes);
        }
        lifetimes.with_renewal(renewal).map_err(|_| failed())
    }
}

/// Nobody, or somebody.
struct Holder(Option<Principal>);

/// Reads what is sealed for one session. Nothing is read of one that is void.
struct Reading<'a> {
    session: TokenRef,
    seal: &'a Seal,
}

impl Reading<'_> {
    fn open(&self, field: &[u8], stored: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let session = self.session;
        match self.seal.open(Place { session, field }, stored)? {
            Unsealed::Bytes(bytes) => Ok(Some(bytes)),
            Unsealed::Void => Ok(None),
        }
    }

    fn head(&self, stored: &[u8]) -> Result<Option<Head>, StoreError> {
        let json = self.open(b"d", stored)?;
        let head = json.map(|json| serde_json::from_slice(&json)).transpose();
        head.map_err(|_| failed())
    }

    fn holder(&self, stored: &[u8]) -> Result<Option<Holder>, StoreError> {
        if stored.is_empty() {
            return Ok(Some(Holder(None)));
        }
        let Some(json) = self.open(b"w", stored)? else {
            return Ok(None);
        };
        let holder: StoredPrincipal = serde_json::from_slice(&json).map_err(|_| failed())?;
        let principal = holder.into_principal().ok_or_else(failed)?;
        Ok(Some(Holder(Some(principal))))
    }

    fn values(&self, fields: &HashMap<Vec<u8>, Vec<u8>>) -> Result<Option<Values>, StoreError> {
        let mut pairs = Vec::new();
        for (field, stored) in fields {
            let Some(name) = field.strip_prefix(b"=") else {
                continue;
            };
            let name = std::str::from_utf8(name).map_err(|_| failed())?;
            let colon = stored.iter().position(|byte| *byte == b':').ok_or_else(failed)?;
            let (_, behind) = stored.split_at(colon);
            let sealed = behind.strip_prefix(b":").unwrap_or_default();
            let Some(json) = self.open(field, sealed)? else {
                return Ok(None);
            };
            pairs.push((name.into(), json.into()));
        }
        Ok(Some(Values::from_pairs(pairs)))
    }
}
