//! Policies from TOML and JSON: the same as from Rust, and errors that say where.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use palisade_rbac::{Policy, Vocabulary};

const SHOP: Vocabulary = Vocabulary::new(&["order:read", "order:edit", "order:refund", "user:list"]);

const TOML: &str = r#"
impersonation = ["order:read"]
four_eyes = ["order:refund"]
conflicts = [["proposer", "approver"]]

[kinds]
customer = ["customer"]

[roles.customer]
everywhere = true
allow_own = ["order:read"]

[roles.merchant]
inherits = ["customer"]
allow = ["order:*"]
deny = ["user:list"]

[roles.proposer]
allow = ["order:edit"]

[roles.approver]
allow = ["order:refund"]

[scopes]
orders = ["order:read", "order:edit"]

[fresh."order:refund"]
within_seconds = 300
factors = ["totp", "passkey"]

[disclose]
"order:*" = "order:read"

[fields.order]
total = { read = "order:read" }
note = { read = "order:read", write = "order:edit" }
"#;

const JSON: &str = r#"{
  "impersonation": ["order:read"],
  "four_eyes": ["order:refund"],
  "conflicts": [["proposer", "approver"]],
  "kinds": {"customer": ["customer"]},
  "roles": {
    "customer": {"everywhere": true, "allow_own": ["order:read"]},
    "merchant": {"inherits": ["customer"], "allow": ["order:*"], "deny": ["user:list"]},
    "proposer": {"allow": ["order:edit"]},
    "approver": {"allow": ["order:refund"]}
  },
  "scopes": {"orders": ["order:read", "order:edit"]},
  "fresh": {"order:refund": {"within_seconds": 300, "factors": ["totp", "passkey"]}},
  "disclose": {"order:*": "order:read"},
  "fields": {"order": {"total": {"read": "order:read"}, "note": {"read": "order:read", "write": "order:edit"}}}
}"#;

fn toml(text: &str) -> String {
    Policy::from_toml(SHOP, text).unwrap_err().to_string()
}

fn json(text: &str) -> String {
    Policy::from_json(SHOP, text).unwrap_err().to_string()
}

#[test]
fn toml_and_json_say_the_same() {
    let policies = [
        Policy::from_toml(SHOP, TOML).unwrap(),
        Policy::from_json(SHOP, JSON).unwrap(),
    ];
    let [one, other] = policies.map(|policy| (policy.matrix(), policy.field_matrix()));
    assert_eq!(one, other);
    let want = "| permission | asks for | approver | customer | merchant | proposer |\n\
                |---|---|---|---|---|---|\n\
                | order:edit |  | no | no | yes | yes |\n\
                | order:read |  | no | own | yes | no |\n\
                | order:refund | otp or hwk within 300 s; another person than the proposer | yes | no | yes | no |\n\
                | user:list |  | no | no | no | no |\n";
    assert_eq!(one.0.to_markdown(), want);
    let fields = "\"resource\",\"field\",\"read\",\"write\"\r\n\
                  \"order\",\"note\",\"order:read\",\"order:edit\"\r\n\
                  \"order\",\"total\",\"order:read\",\"nobody\"\r\n";
    assert_eq!(one.1.to_csv(), fields);
    let rows: serde_json::Value = serde_json::from_str(&one.0.to_json()).unwrap();
    assert_eq!(rows[1]["customer"], "own");
}

/// Policies that are wrong, and how the error begins.
const WRONG: &[(&str, &str)] = &[
    (
        "[roles.a]\nallow = [\n  \"order:raed\",\n]",
        "policy: line 3: `order:raed` is no permission; did you mean `order:read`?",
    ),
    (
        "# order:raed\n[roles.a]\nallow = [\"order:raed\"]",
        "policy: line 3: `order:raed` is no permission; did you mean `order:read`?",
    ),
    ("[roles.a]\nalow = []", "policy: line 2: unknown field `alow`"),
    (
        "[roles.merchant]\n[roles.b]\ninherits = [\"mercant\"]",
        "policy: line 3: `mercant` is no role; did you mean `merchant`?",
    ),
    (
        "[kinds]\ncustomers = []",
        "policy: line 2: `customers` is no kind; did you mean `customer`?",
    ),
    (
        "[roles.a]\nallow = [\"user:*\", \"users:*\"]",
        "policy: line 2: `users:*` is no permission; did you mean `user:*`?",
    ),
    (
        "[fresh.\"order:read\"]\nwithin_seconds = 5\nfactors = [\"sms\"]",
        "policy: line 3: `sms` is no factor",
    ),
    (
        "[fresh.\"order:read\"]\nwithin_seconds = 5",
        "policy: line 1: `order:read`: either `factors` or `multi_factor = true` is asked for",
    ),
    (
        "[fresh.\"order:read\"]\nwithin_seconds = 5\nmulti_factor = true\nacr = \"a b\"",
        "policy: line 4: acr: ",
    ),
    (
        "[roles.a]\nallow = \"order:read\"",
        "policy: line 2: invalid type",
    ),
    ("[roles.a]\n[roles.a]", "policy: line 2: "),
    ("[roles.A]", "policy: line 1: a role's name"),
    ("[scopes]\n\"a b\" = []", "policy: line 2: a scope is"),
    (
        "[disclose]\n\"order:*\" = \"order:read\"\n\"order:edit\" = \"order:read\"",
        "policy: line 3: `order:edit` is disclosed twice",
    ),
    (
        "[fields.order]\ntotal = { read = \"order:look\" }",
        "policy: line 2: `order:look` is no permission",
    ),
];

#[test]
fn errors_name_the_line_and_what_was_meant() {
    for (text, want) in WRONG {
        let error = toml(text);
        assert!(error.starts_with(want), "{text}\n{error}");
    }
}

#[test]
fn roles_do_not_inherit_in_a_circle() {
    let circle = "[roles.z]\ninherits = [\"a\"]\n[roles.a]\ninherits = [\"b\"]\n[roles.b]\ninherits = [\"c\", \"d\"]\n\
                  [roles.c]\n[roles.d]\ninherits = [\"a\"]\n";
    assert_eq!(
        toml(circle),
        "policy: line 2: roles inherit in a circle: `a` -> `b` -> `d` -> `a`"
    );
    assert_eq!(
        toml("[roles.a]\ninherits = [\"a\"]"),
        "policy: line 1: roles inherit in a circle: `a` -> `a`"
    );
}

#[test]
fn a_diamond_is_no_circle() {
    let diamond = "[roles.a]\ninherits = [\"b\", \"c\"]\n[roles.b]\ninherits = [\"d\"]\n[roles.c]\ninherits = [\"d\"]\n\
                   [roles.d]\nallow = [\"user:list\"]\n";
    let policy = Policy::from_toml(SHOP, diamond).unwrap();
    assert!(
        policy
            .matrix()
            .to_markdown()
            .contains("| user:list |  | yes | yes | yes | yes |")
    );
}

#[test]
fn no_role_is_two_that_exclude_each_other() {
    let both = "conflicts = [[\"b\", \"c\"]]\n[roles.a]\ninherits = [\"b\", \"c\"]\n[roles.b]\n[roles.c]\n";
    assert!(
        toml(both).ends_with("`a` is or inherits two roles that are in conflict"),
        "{}",
        toml(both)
    );
    let alone = "conflicts = [[\"b\", \"b\"]]\n[roles.b]\n";
    assert!(toml(alone).contains("two different roles"));
    let kind = "conflicts = [[\"b\", \"c\"]]\n[kinds]\nstaff = [\"b\"]\n[roles.b]\n[roles.c]\n";
    assert!(toml(kind).contains("cannot be in a conflict"));
}

#[test]
fn json_errors_name_the_line_too() {
    assert!(
        json("{\n  \"roles\": {\"a\": {\"alow\": []}}\n}")
            .starts_with("policy: line 2: unknown field `alow`")
    );
    assert_eq!(
        json("{\"roles\": {\n\"a\": {\"allow\": [\"order:raed\"]}}}"),
        "policy: line 2: `order:raed` is no permission; did you mean `order:read`?"
    );
    assert!(json("{").starts_with("policy: line 1: EOF"));
}

/// A map that keeps the last of two entries would let the second `merchant` hide the denials of the first.
#[test]
fn a_role_that_is_there_twice_in_json_is_refused() {
    let twice = r#"{"roles": {"a": {"deny": ["user:list"]}, "a": {"allow": ["user:list"]}}}"#;
    assert_eq!(json(twice), "policy: line 1: `a` is there twice");
    let rules = r#"{"roles": {"a": {"deny": [], "deny": []}}}"#;
    assert!(json(rules).contains("duplicate field"));
}

fn numbered(roles: u32) -> String {
    let tables: Vec<_> = (0..roles).map(|role| format!("[roles.r{role}]")).collect();
    tables.join("\n")
}

#[test]
fn sizes_are_bounded() {
    let long = format!("# {}", "x".repeat(1 << 20));
    assert_eq!(toml(&long), "policy: a policy has at most 1 MiB");
    let many = numbered(1025);
    assert_eq!(toml(&many), "policy: 1025 roles; 1024 are allowed");
    let most = numbered(1024);
    assert_eq!(Policy::from_toml(SHOP, &most).unwrap().roles().count(), 1024);
}
