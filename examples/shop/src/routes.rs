//! The table of all routes, for reviews (OWASP ASVS 5.0, 8.1.1).
use palisade::rbac::{Inventory, Policy};

const HEAD: &str = "\
# Who may use which route of the shop

`cargo xtask routes` writes this file from the routes that the shop serves and the policy that it decides by; a test fails while it is
out of date. A column says what a role gives by itself: `yes`, `own` (on what one owns) or `no`. A merchant's role is held in one tenant
and ends there. \"Signed in\" is anybody who is, `public` is anybody.
";

/// The document: routes by roles, and rights by roles.
pub(crate) fn document(inventory: &Inventory, policy: &Policy) -> String {
    let (routes, rights) = (
        inventory.matrix(policy).to_markdown(),
        policy.matrix().to_markdown(),
    );
    format!("{HEAD}\n## Routes\n\n{routes}\n## Rights\n\n{rights}")
}
