//! What an event looks like when it leaves, and what can never be in it.
#![cfg(feature = "test-util")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use palisade_core::{
    ClientAddr, Collected, Event, Principal, PrincipalKind, Purpose, Recorder, RootSecret, Secret,
    SecurityEvent, Subject, Tenant, Token,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::with_default;
use tracing::{Metadata, Subscriber};

/// A subscriber that keeps the fields of every event as text.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{}={value:?} ", field.name()).unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(format!(
            "{} {} ",
            event.metadata().target(),
            event.metadata().level()
        ));
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn emitted(recorder: &Recorder, event: &Event<'_>) -> String {
    let lines = Lines::default();
    with_default(lines.clone(), || recorder.record(event));
    let mut lines = lines.0.lock().unwrap();
    assert_eq!(lines.len(), 1, "one event is one line");
    lines.remove(0)
}

fn subject(id: &str) -> Subject {
    Subject::new(id).unwrap()
}

fn secret() -> RootSecret {
    RootSecret::new(Secret::new((100..132).collect())).unwrap()
}

#[test]
fn an_event_is_one_flat_line_with_the_names_of_opentelemetry() {
    let session = Token::generate()
        .unwrap()
        .hash(Purpose::new("session"))
        .reference();
    let principal = Principal::new(Subject::new("ada@shop.example").unwrap(), PrincipalKind::Customer)
        .with_tenant(Tenant::new("north").unwrap());
    let event = Event::new(SecurityEvent::AuthnLoginFail)
        .with_principal(&principal)
        .with_client(ClientAddr::from_peer([192, 0, 2, 7].into()))
        .with_session(session)
        .with_rule("login")
        .with_reason("credentials");
    let recorder = Recorder::default().with_pseudonyms(&secret());
    let line = emitted(&recorder, &event);

    assert!(line.starts_with("palisade WARN "), "{line}");
    let pseudonym = recorder.pseudonym(&subject("ada@shop.example")).unwrap();
    for field in [
        "event.name=\"authn_login_fail\"",
        "outcome=\"failure\"",
        "reason=\"credentials\"",
        "security_rule.name=\"login\"",
        "actor.type=\"customer\"",
        "client.address=192.0.2.7",
        "appsensor.id=\"AE2\"",
        &format!("enduser.pseudo.id={pseudonym}"),
        &format!("session.ref={session}"),
    ] {
        assert!(line.contains(field), "{field} is not in {line}");
    }
    assert!(
        !line.contains("ada") && !line.contains("north"),
        "raw ids never leave: {line}"
    );
}

#[test]
fn an_account_and_a_tenant_of_one_id_do_not_look_alike() {
    let principal =
        Principal::new(subject("42"), PrincipalKind::Customer).with_tenant(Tenant::new("42").unwrap());
    let recorder = Recorder::default().with_pseudonyms(&secret());
    let event = Event::new(SecurityEvent::SessionCreated).with_principal(&principal);
    let line = emitted(&recorder, &event);
    let pseudonym = recorder.pseudonym(&subject("42")).unwrap().to_string();
    assert!(
        line.contains("tenant.id=") && line.matches(&pseudonym).count() == 1,
        "{line}"
    );
}

#[test]
fn what_an_event_does_not_have_is_not_in_its_line() {
    let line = emitted(&Recorder::default(), &Event::new(SecurityEvent::SysStartup));
    assert!(
        !line.contains("client.address") && !line.contains("enduser"),
        "{line}"
    );
}

#[test]
fn every_level_is_emitted_as_its_own() {
    let recorder = Recorder::default();
    let level = |kind| emitted(&recorder, &Event::new(kind));
    assert!(level(SecurityEvent::AuthnLoginSuccess).starts_with("palisade INFO "));
    assert!(level(SecurityEvent::UserCreated).starts_with("palisade WARN "));
    assert!(level(SecurityEvent::ControlFailed).starts_with("palisade ERROR "));
}

#[test]
fn pseudonyms_agree_between_nodes_of_one_secret_and_nowhere_else() {
    let (one, two) = (
        Recorder::default().with_pseudonyms(&secret()),
        Recorder::default().with_pseudonyms(&secret()),
    );
    assert_eq!(one.pseudonym(&subject("42")), two.pseudonym(&subject("42")));
    assert_ne!(one.pseudonym(&subject("42")), one.pseudonym(&subject("43")));
    assert_ne!(
        Recorder::default().pseudonym(&subject("42")),
        Recorder::default().pseudonym(&subject("42"))
    );
}

#[test]
fn sinks_are_called_without_a_subscriber() {
    let collected = Collected::new();
    let recorder = Recorder::default().add_sink(collected.clone());
    recorder
        .clone()
        .record(&Event::new(SecurityEvent::UserCreated).with_reason("test"));
    assert_eq!(collected.entries(), [(SecurityEvent::UserCreated, Some("test"))]);
    assert_eq!(collected.kinds(), [SecurityEvent::UserCreated]);
}
