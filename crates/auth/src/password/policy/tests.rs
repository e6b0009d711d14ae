use proptest::prelude::*;

use super::*;

fn check(policy: &PasswordPolicy, text: &str) -> Result<(), PasswordRefused> {
    let context = PasswordContext::new("shop").add_email("ada@shop.example");
    let accepted = policy.check(&context, Secret::new(text.to_owned()))?;
    assert!(accepted.into_secret().expose().chars().count() >= policy.min_chars);
    Ok(())
}

#[test]
fn asvs_v6_2_1_the_length_is_counted_in_code_points_of_the_normalised_text() {
    let short = |given| Err(PasswordRefused::TooShort { min: 15, given });
    let customer = PasswordPolicy::customer();
    assert_eq!(check(&customer, ""), short(0));
    assert_eq!(check(&customer, "unguessable 14"), short(14));
    assert_eq!(check(&customer, "unguessable 15 "), Ok(()));
    // Five characters of two code points each are five after NFC; their bytes do not count.
    assert_eq!(
        check(&customer, "e\u{301}o\u{302}a\u{308}u\u{308}n\u{303}"),
        short(5)
    );
    assert_eq!(
        check(&customer, "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}"),
        short(6)
    );
    assert_eq!(
        check(
            &customer,
            "\u{1f40e}\u{1f50b}\u{1f4ce}\u{1f3b8}\u{1f34e}\u{1f511}\u{1f697}"
        ),
        short(7)
    );
}

#[test]
fn beside_a_second_factor_eight_are_enough() {
    let policy = PasswordPolicy::customer().beside_second_factor();
    assert_eq!(check(&policy, "kx7-Rmq2"), Ok(()));
    assert_eq!(
        check(&policy, "kx7-Rmq"),
        Err(PasswordRefused::TooShort { min: 8, given: 7 })
    );
    assert_eq!(check(&policy, "Password"), Err(PasswordRefused::Common));
    assert_eq!(check(&policy, "12345678"), Err(PasswordRefused::Sequential));
    assert_eq!(check(&policy, "aaaaaaaa"), Err(PasswordRefused::Repeated));
}

#[test]
fn staff_who_handle_cards_have_a_letter_and_a_digit_and_twelve_characters_beside_a_second_factor() {
    let staff = PasswordPolicy::pci_staff();
    let missing = Err(PasswordRefused::LetterOrDigitMissing);
    let short = |min, given| Err(PasswordRefused::TooShort { min, given });
    assert_eq!(check(&staff, "correct horse 9"), Ok(()));
    assert_eq!(check(&staff, "correct horse!!"), missing);
    assert_eq!(check(&staff, "840295731626491"), missing);
    assert_eq!(check(&staff, "correct horse"), short(15, 13));
    let staff = staff.beside_second_factor();
    assert_eq!(check(&staff, "kx7-Rmq2-wTz"), Ok(()));
    assert_eq!(check(&staff, "kx7-Rmq2-wT"), short(12, 11));
    assert_eq!((staff.history(), PasswordPolicy::customer().history()), (4, 0));
    assert_eq!(PasswordPolicy::customer().with_history(24).unwrap().history(), 24);
    let error = PasswordPolicy::customer()
        .with_history(25)
        .unwrap_err()
        .to_string();
    assert!(error.contains("25") && error.contains("24"), "{error}");
}

#[test]
fn asvs_v6_2_9_long_passwords_are_taken_up_to_a_bound() {
    let passphrase = |bytes| -> String {
        let words = "the quick brown fox jumps over the lazy dog; ".chars().cycle();
        words.take(bytes).collect()
    };
    let too_long = Err(PasswordRefused::TooLong { max_bytes: 1024 });
    assert_eq!(check(&PasswordPolicy::customer(), &passphrase(1024)), Ok(()));
    assert_eq!(check(&PasswordPolicy::customer(), &passphrase(1025)), too_long);
    assert_eq!(
        check(&PasswordPolicy::customer(), &"\u{1f511}".repeat(10_000_000)),
        too_long
    );
}

#[test]
fn asvs_v6_2_5_no_kind_of_character_is_asked_for() {
    for text in [
        "nothing but lower case",
        "NOTHING BUT UPPER CASE",
        "8402957316264910573",
        "\u{442}\u{43e}\u{43b}\u{44c}\u{43a}\u{43e} \u{43a}\u{438}\u{440}\u{438}\u{43b}\u{43b}\u{438}\u{446}\u{430}",
    ] {
        assert_eq!(check(&PasswordPolicy::customer(), text), Ok(()), "{text}");
    }
}

#[test]
fn asvs_v6_2_4_and_6_2_11_what_everybody_tries_is_refused_with_its_reason() {
    for (text, reason) in [
        ("PasswordPassword", PasswordRefused::Repeated),
        ("               ", PasswordRefused::Repeated),
        ("QWERTYUIOPasdfghjkl", PasswordRefused::Sequential),
        ("1234567890123456", PasswordRefused::Sequential),
        ("1QAZ2wsx3EDC4rfv", PasswordRefused::Common),
        ("password!1234567", PasswordRefused::Common),
        ("ada@shop.example", PasswordRefused::ContainsContext),
        ("Shop-Shop-Shop-1", PasswordRefused::ContainsContext),
    ] {
        assert_eq!(check(&PasswordPolicy::customer(), text), Err(reason), "{text}");
    }
}

#[test]
fn every_reason_has_plain_texts() {
    use palisade_core::Refusal;
    for refused in [
        PasswordRefused::Breached,
        PasswordRefused::Common,
        PasswordRefused::ContainsContext,
        PasswordRefused::LetterOrDigitMissing,
        PasswordRefused::Repeated,
        PasswordRefused::Reused,
        PasswordRefused::Sequential,
        PasswordRefused::TooLong { max_bytes: 1024 },
        PasswordRefused::TooShort { min: 15, given: 1 },
        PasswordRefused::TooShort { min: 8, given: 1 },
    ] {
        assert_eq!(refused.status(), 422);
        assert!(refused.code().starts_with("password_"), "{refused}");
        assert!(!refused.title().contains(['"', '\\']), "{refused}");
    }
    let title = |min| PasswordRefused::TooShort { min, given: 0 }.title();
    assert!(
        title(MIN_ALONE).contains("15")
            && title(MIN_STAFF).contains("12")
            && title(MIN_BESIDE).contains("At least 8")
    );
    assert!(
        PasswordRefused::TooLong { max_bytes: MAX_BYTES }
            .title()
            .contains("1024")
    );
}

proptest! {
    #[test]
    fn what_is_refused_short_is_refused_in_either_spelling(text in "\\PC{0,20}") {
        use unicode_normalization::UnicodeNormalization;
        let (composed, decomposed): (String, String) = (text.nfc().collect(), text.nfd().collect());
        let policy = PasswordPolicy::customer();
        prop_assert_eq!(check(&policy, &composed), check(&policy, &decomposed));
    }

    #[test]
    fn random_passwords_are_accepted(text in "[a-zA-Z0-9!-/]{24}") {
        // 24 random characters of 77: a refusal would be a rule that catches too much.
        prop_assert_eq!(check(&PasswordPolicy::customer(), &text), Ok(()));
    }
}
