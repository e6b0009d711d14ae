//! Registration: the same for the page and for the API, and the same whether or not the address is taken.
use palisade::auth::{PasswordError, PasswordErrorKind};
use palisade::core::{ClientAddr, Event, Refusal, Secret, SecurityEvent};
use serde::Deserialize;

use crate::db::{DbError, Registration};
use crate::email::Email;
use crate::password;
use crate::problem::{Problem, Refused};
use crate::shop::Shop;

/// What somebody registers or signs in with.
#[derive(Debug, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) email: String,
    pub(crate) password: Secret<String>,
}

/// Why nobody was registered. A taken address is none of these.
#[derive(Debug)]
pub(crate) enum RegisterRefused {
    Email,
    Password(PasswordError),
    Database(DbError),
}

impl Shop {
    /// Registers a customer. The password is hashed before the address is looked up and one row is written in any case, so
    /// neither the answer nor its time tells whether the address was taken.
    pub(crate) async fn register(
        &self,
        credentials: Credentials,
        client: Option<ClientAddr>,
    ) -> Result<(), RegisterRefused> {
        let email = Email::parse(&credentials.email).map_err(|_| RegisterRefused::Email)?;
        let context = password::context(email.as_str());
        let hash = self
            .passwords
            .accept(&password::policy(), &context, credentials.password)
            .await;
        let hash = hash.map_err(RegisterRefused::Password)?;
        let registered = self.db.register(&email, &hash).await;
        match registered.map_err(RegisterRefused::Database)? {
            Registration::Created(subject) => {
                let event = Event::new(SecurityEvent::UserCreated).with_subject(&subject);
                self.recorder
                    .record(&client.map_or(event, |client| event.with_client(client)));
            }
            Registration::Taken => {}
        }
        Ok(())
    }
}

impl RegisterRefused {
    /// The field that is to be filled in again, and why; nothing where it is not the person's fault.
    pub(crate) fn fault(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Email => Some(("email", Problem::EMAIL.title())),
            Self::Password(error) => {
                matches!(error.kind(), PasswordErrorKind::Refused(_)).then(|| ("password", error.title()))
            }
            Self::Database(_) => None,
        }
    }
}

impl From<RegisterRefused> for Refused {
    fn from(refused: RegisterRefused) -> Self {
        match refused {
            RegisterRefused::Email => Problem::EMAIL.into(),
            RegisterRefused::Password(error) => error.into(),
            RegisterRefused::Database(error) => error.into(),
        }
    }
}
