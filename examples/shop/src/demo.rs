//! The accounts that exist in every shop, for people who try it.
use std::env::{self, VarError};

use palisade::auth::AcceptedPassword;
use palisade::core::{ConfigError, Secret, random_bytes};

use crate::db::{DemoAccount, Role};
use crate::password;
use crate::shop::Shop;
use crate::start::StartError;

/// The variable that sets their password. It is no option: a command line can be read by everybody on the machine.
const VARIABLE: &str = "SHOP_DEMO_PASSWORD";

const ACCOUNTS: [DemoAccount; 5] = [
    DemoAccount {
        email: "ada@shop.example",
        role: Role::Customer,
        tenant: None,
    },
    DemoAccount {
        email: "bob@shop.example",
        role: Role::Customer,
        tenant: None,
    },
    DemoAccount {
        email: "mel@shop.example",
        role: Role::Merchant,
        tenant: Some("north"),
    },
    DemoAccount {
        email: "sam@shop.example",
        role: Role::Merchant,
        tenant: Some("south"),
    },
    DemoAccount {
        email: "root@shop.example",
        role: Role::Administrator,
        tenant: None,
    },
];

/// Letters and digits that cannot be taken for one another: 32 of them, so every byte gives one without bias.
const LETTERS: [char; 32] = [
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'm', 'n', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w',
    'x', 'y', 'z', '2', '3', '4', '5', '6', '7', '8', '9',
];

/// An account to try the shop with, and the password of this run.
#[derive(Debug)]
#[non_exhaustive]
pub struct DemoLogin {
    /// The address it signs in with.
    pub email: &'static str,
    /// Its password, to be shown once.
    pub password: Secret<String>,
}

/// The password that the operator chose for the demo accounts, if there is one.
///
/// # Errors
/// [`ConfigError`] where the policy does not accept it. It is not part of the text.
pub(crate) fn chosen() -> Result<Option<Secret<String>>, ConfigError> {
    let password = match env::var(VARIABLE) {
        Ok(password) => Secret::new(password),
        Err(VarError::NotPresent) => return Ok(None),
        Err(VarError::NotUnicode(_)) => return Err(ConfigError::new(VARIABLE, "it is not UTF-8")),
    };
    for account in ACCOUNTS {
        drop(accept(account.email, password.clone())?);
    }
    Ok(Some(password))
}

/// Creates the accounts, or gives those that are there the passwords of this run.
pub(crate) async fn install(
    shop: &Shop,
    chosen: Option<Secret<String>>,
) -> Result<Vec<DemoLogin>, StartError> {
    let mut logins = Vec::new();
    for account in ACCOUNTS {
        let password = match &chosen {
            Some(chosen) => chosen.clone(),
            None => generate()?,
        };
        let accepted = accept(account.email, password.clone())?;
        let hash = shop
            .passwords
            .hash(accepted)
            .await
            .map_err(StartError::Password)?;
        shop.db.install(account, &hash).await?;
        logins.push(DemoLogin {
            email: account.email,
            password,
        });
    }
    Ok(logins)
}

fn accept(email: &str, given: Secret<String>) -> Result<AcceptedPassword, ConfigError> {
    let accepted = password::policy().check(&password::context(email), given);
    accepted.map_err(|refused| ConfigError::new(VARIABLE, refused.to_string()))
}

/// Four groups of five letters: 100 random bits.
fn generate() -> Result<Secret<String>, ConfigError> {
    let bytes = random_bytes::<20>().map_err(|error| ConfigError::new(VARIABLE, error.to_string()))?;
    let letters: Vec<char> = bytes.into_iter().filter_map(letter).collect();
    let groups: Vec<String> = letters.chunks(5).map(|group| group.iter().collect()).collect();
    Ok(Secret::new(groups.join("-")))
}

/// The letter of the lower five bits.
fn letter(byte: u8) -> Option<char> {
    LETTERS.get(usize::from(byte & 31)).copied()
}
