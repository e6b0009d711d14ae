//! What crosses threads, and what is a secret.
#[cfg(test)]
mod auto_traits {
    use palisade_auth::{
        Account, Accounts, Authenticated, Authenticator, BreachScreen, ChangeRequest, Credential,
        Credentials, DangerouslyUnlimited, Identifier, LoginRefused, MemoryResets, PasswordChange,
        PasswordContext, PasswordError, PasswordHash, PasswordPolicy, PasswordRenewal, PasswordReset,
        PasswordSettings, Passwords, RangePrefix, RangeSource,
    };
    use palisade_core::{ClientAddr, Principal, PrincipalKind, Secret, StoreError, Subject};

    struct Nobody;

    impl Accounts for Nobody {
        async fn find(&self, _: &Identifier) -> Result<Option<Account>, StoreError> {
            Ok(None)
        }

        async fn replace_hash(
            &self,
            _: &Subject,
            _: &PasswordHash,
            _: &PasswordHash,
        ) -> Result<(), StoreError> {
            Ok(())
        }
    }

    impl Credentials for Nobody {
        async fn by_identifier(&self, _: &Identifier) -> Result<Option<Credential>, StoreError> {
            Ok(None)
        }

        async fn by_subject(&self, _: &Subject) -> Result<Option<Credential>, StoreError> {
            Ok(None)
        }

        async fn replace(
            &self,
            _: &Subject,
            _: Option<&PasswordHash>,
            _: &PasswordHash,
        ) -> Result<bool, StoreError> {
            Ok(false)
        }
    }

    impl RangeSource for Nobody {
        async fn fetch(&self, _: RangePrefix) -> Result<Vec<u8>, StoreError> {
            Ok(Vec::new())
        }
    }

    fn shared<T: Clone + Send + Sync + 'static>() {}
    fn sent<T: Send>(_: T) {}

    #[test]
    fn services_are_shared_and_their_futures_travel() {
        shared::<Passwords>();
        shared::<Authenticator<Nobody, DangerouslyUnlimited>>();
        shared::<(Authenticated, LoginRefused, PasswordError, PasswordPolicy)>();
        let passwords = Passwords::start(&PasswordSettings::default()).unwrap();
        let authenticator = Authenticator::new(Nobody, DangerouslyUnlimited, passwords.clone());
        let client = ClientAddr::from_peer([192, 0, 2, 7].into());
        sent(authenticator.authenticate("ada@shop.example", Secret::new(String::new()), client));
        let context = PasswordContext::new("shop");
        sent(passwords.accept(&PasswordPolicy::customer(), &context, Secret::new(String::new())));
    }

    #[test]
    fn renewals_are_shared_and_their_futures_travel() {
        shared::<PasswordChange<Nobody, DangerouslyUnlimited>>();
        shared::<PasswordReset<Nobody, MemoryResets, DangerouslyUnlimited>>();
        shared::<BreachScreen<Nobody>>();
        let passwords = Passwords::start(&PasswordSettings::default()).unwrap();
        let screen = BreachScreen::new(PasswordPolicy::pci_staff(), Nobody);
        let renewal = PasswordRenewal::new(Nobody, screen, passwords);
        let (client, secret) = (ClientAddr::from_peer([192, 0, 2, 7].into()), || {
            Secret::new(String::new())
        });
        let change = PasswordChange::new(renewal.clone(), DangerouslyUnlimited);
        let ada = Principal::new(Subject::new("42").unwrap(), PrincipalKind::Customer);
        let request = ChangeRequest {
            current: secret(),
            new: secret(),
        };
        sent(change.change(&ada, request, client));
        let reset = PasswordReset::new(renewal, MemoryResets::new(), DangerouslyUnlimited);
        sent(reset.request("ada@shop.example", client));
        sent(reset.redeem("token", secret(), client));
    }
}
