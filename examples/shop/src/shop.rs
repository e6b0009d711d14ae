//! What the handlers work with.
use palisade::LoginLimits;
use palisade::auth::{Authenticator, PasswordSettings, Passwords};
use palisade::core::{ConfigError, Recorder};
use palisade::session::Sessions;

use crate::db::Db;
use crate::limits;

/// The parts of the shop. Clones are cheap and share them.
#[derive(Clone, Debug)]
pub(crate) struct Shop {
    pub(crate) db: Db,
    pub(crate) logins: Authenticator<Db, LoginLimits>,
    pub(crate) passwords: Passwords,
    pub(crate) recorder: Recorder,
    pub(crate) sessions: Sessions,
}

impl Shop {
    /// The shop over this database, with everything else in memory.
    pub(crate) fn new(db: Db, recorder: Recorder) -> Result<Self, ConfigError> {
        let passwords = Passwords::start(&PasswordSettings::default().with_recorder(recorder.clone()))?;
        let limits = LoginLimits::new(limits::LOGIN_ACCOUNT, limits::LOGIN_CLIENT)?.with_recorder(&recorder);
        let logins = Authenticator::new(db.clone(), limits, passwords.clone());
        let sessions = Sessions::in_memory(limits::CUSTOMER_SESSION).with_recorder(recorder.clone());
        Ok(Self {
            db,
            logins,
            passwords,
            recorder,
            sessions,
        })
    }
}
