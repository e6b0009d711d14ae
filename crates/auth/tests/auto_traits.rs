//! What crosses threads, and what is a secret.
#[cfg(test)]
mod auto_traits {
    use palisade_auth::{
        Account, Accounts, Authenticated, Authenticator, DangerouslyUnlimited, Identifier, LoginRefused,
        PasswordContext, PasswordError, PasswordHash, PasswordPolicy, PasswordSettings, Passwords,
    };
    use palisade_core::{ClientAddr, Secret, StoreError, Subject};

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
}
