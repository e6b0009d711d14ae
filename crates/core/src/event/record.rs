//! One event with its circumstances.
use super::SecurityEvent;
use crate::{ClientAddr, Principal, PrincipalKind, Subject, Tenant, TokenRef};

/// One event with its circumstances: who, from where, by which rule, why.
///
/// There is no field for free text. A reason is a constant of the program, an address and a reference have types of
/// their own, so neither a secret nor what a client wrote can get in. The one borrowed text is the name of a rule, which
/// comes from the configuration.
///
/// ```
/// use palisade_core::{ClientAddr, Event, Recorder, SecurityEvent};
/// let client = ClientAddr::from_peer([192, 0, 2, 7].into());
/// Recorder::default().record(
///     &Event::new(SecurityEvent::AuthnLoginFail).with_client(client).with_reason("credentials"),
/// );
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "an event does nothing until it is recorded"]
pub struct Event<'a> {
    kind: SecurityEvent,
    reason: Option<&'static str>,
    rule: Option<&'a str>,
    subject: Option<&'a Subject>,
    actor: Option<PrincipalKind>,
    impersonator: Option<&'a Subject>,
    tenant: Option<&'a Tenant>,
    client: Option<ClientAddr>,
    session: Option<TokenRef>,
}

impl<'a> Event<'a> {
    /// An event of that kind, without circumstances.
    pub const fn new(kind: SecurityEvent) -> Self {
        Self {
            kind,
            reason: None,
            rule: None,
            subject: None,
            actor: None,
            impersonator: None,
            tenant: None,
            client: None,
            session: None,
        }
    }

    /// Why, as a constant in `snake_case` (field `reason`).
    pub const fn with_reason(mut self, reason: &'static str) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The rule, limit or control that decided, by the name that the operator gave it (field `security_rule.name`). It is
    /// recorded as it is: never hand in what a client wrote.
    pub const fn with_rule(mut self, rule: &'a str) -> Self {
        self.rule = Some(rule);
        self
    }

    /// The account concerned (field `enduser.pseudo.id`, as a pseudonym).
    pub const fn with_subject(mut self, subject: &'a Subject) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Who acted: subject, kind (field `actor.type`) and tenant (field `tenant.id`, as a pseudonym), and who really acts
    /// where somebody acts on behalf of the subject (field `actor.pseudo.id`, as a pseudonym).
    pub fn with_principal(mut self, principal: &'a Principal) -> Self {
        self.subject = Some(principal.subject());
        self.actor = Some(principal.kind());
        self.impersonator = principal.actor();
        self.tenant = principal.tenant();
        self
    }

    /// Where it came from (field `client.address`).
    pub const fn with_client(mut self, client: ClientAddr) -> Self {
        self.client = Some(client);
        self
    }

    /// In which session (field `session.ref`).
    pub const fn with_session(mut self, session: TokenRef) -> Self {
        self.session = Some(session);
        self
    }

    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> SecurityEvent {
        self.kind
    }

    /// Why.
    #[must_use]
    pub const fn reason(&self) -> Option<&'static str> {
        self.reason
    }

    /// The rule, limit or control that decided.
    #[must_use]
    pub const fn rule(&self) -> Option<&'a str> {
        self.rule
    }

    /// The account concerned.
    #[must_use]
    pub const fn subject(&self) -> Option<&'a Subject> {
        self.subject
    }

    /// What kind of account acted.
    #[must_use]
    pub const fn actor(&self) -> Option<PrincipalKind> {
        self.actor
    }

    /// Who really acted, on behalf of the subject.
    #[must_use]
    pub const fn impersonator(&self) -> Option<&'a Subject> {
        self.impersonator
    }

    /// The tenant acted for.
    #[must_use]
    pub const fn tenant(&self) -> Option<&'a Tenant> {
        self.tenant
    }

    /// Where it came from.
    #[must_use]
    pub const fn client(&self) -> Option<ClientAddr> {
        self.client
    }

    /// In which session.
    #[must_use]
    pub const fn session(&self) -> Option<TokenRef> {
        self.session
    }
}
