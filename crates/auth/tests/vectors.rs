//! The reference implementation's vectors of Argon2id, through the service.
#[cfg(test)]
mod vectors {
    use palisade_auth::{Argon2Cost, PasswordHash, PasswordSettings, Passwords};
    use palisade_core::Secret;

    const VECTORS: &str = include_str!("vectors/argon2id.txt");

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn passwords() -> Passwords {
        let ceiling = Argon2Cost {
            memory_kib: 262_144,
            passes: 2,
            lanes: 2,
        };
        Passwords::start(&PasswordSettings::default().with_stored_ceiling(ceiling)).unwrap()
    }

    #[tokio::test]
    async fn asvs_v11_4_2_every_reference_vector_verifies() {
        let passwords = passwords();
        let lines = VECTORS.lines().filter(|line| !line.starts_with('#'));
        let mut count = 0;
        for line in lines {
            let (password, hash) = line.split_once(' ').unwrap();
            let hash = PasswordHash::parse(hash).unwrap();
            assert!(passwords.verify(&hash, secret(password)).await.is_ok(), "{line}");
            assert!(
                passwords.verify(&hash, secret("sassword")).await.is_err(),
                "{line}"
            );
            assert!(passwords.needs_rehash(&hash), "{line}");
            count += 1;
        }
        assert_eq!(count, 8);
    }

    #[tokio::test]
    async fn a_changed_hash_or_password_verifies_nothing() {
        let passwords = passwords();
        let good = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let hash = PasswordHash::parse(good).unwrap();
        assert!(passwords.verify(&hash, secret("password")).await.is_ok());
        assert!(passwords.verify(&hash, secret("sassword")).await.is_err());
        for (name, text) in [
            ("memory", good.replace("m=256", "m=257")),
            ("passes", good.replace("t=2", "t=3")),
            ("lanes", good.replace("p=1", "p=2")),
            ("salt", good.replace("c29tZXNhbHQ", "c29tZXNhbHU")),
            ("output", good.replace("$nf65", "$nf66")),
        ] {
            let hash = PasswordHash::parse(&text).unwrap();
            assert!(
                passwords.verify(&hash, secret("password")).await.is_err(),
                "{name}"
            );
        }
    }
}
