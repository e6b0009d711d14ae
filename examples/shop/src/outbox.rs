//! Mails that the shop sends: a file for each.
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use palisade::auth::ResetMail;
use palisade::core::{Clock, ConfigError, SystemClock, random_bytes};

use crate::limits;

/// Where mails go. The shop has no mailer, so each is a file that only its own user can read; a shop with one puts it behind this.
///
/// A link that resets a password is as good as the password for half an hour: it belongs in no log. Whoever asked for it has
/// the answer before the mail is written, so that neither the answer nor its time tells whether there is an account.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    origin: Arc<str>,
    queue: SyncSender<Mail>,
}

#[derive(Debug)]
struct Mail {
    to: String,
    subject: &'static str,
    text: String,
}

impl Outbox {
    /// An outbox in that directory, which is made for its first mail. Links lead to `origin`, which the operator names; who asks
    /// for a mail has no say in it.
    pub(crate) fn open(directory: PathBuf, origin: &str) -> Result<Self, ConfigError> {
        let (queue, mails) = mpsc::sync_channel::<Mail>(limits::MAILS);
        let write = move || {
            for mail in mails {
                if let Err(error) = write(&directory, &mail) {
                    tracing::error!(%error, "a mail was not written");
                }
            }
        };
        let started = thread::Builder::new().name("outbox".into()).spawn(write);
        started.map_err(|error| ConfigError::new("outbox", format!("no thread for it: {error}")))?;
        let origin = origin.into();
        Ok(Self { origin, queue })
    }

    /// The link that resets a password.
    pub(crate) fn reset(&self, mail: &ResetMail) {
        let (token, minutes) = (mail.token().expose(), mail.lifetime().as_secs() / 60);
        let text = format!(
            "Somebody asked for a new password for your account. If it was you, choose one here within {minutes} minutes:\n\n\
             {}/reset/{token}\n\nIf it was not you, there is nothing to do: your password stays as it is.\n",
            self.origin
        );
        self.send(
            mail.identifier().as_str(),
            "A new password for Palisade Shop",
            text,
        );
    }

    /// The word that it was reset, for an owner who did not do it.
    pub(crate) fn was_reset(&self, email: &str) {
        let text = format!(
            "The password of your account was changed by a link that was sent to this address, and every device was signed out. \
             If it was not you, ask for a new one:\n\n{}/forgot\n",
            self.origin
        );
        self.send(email, "Your password was changed", text);
    }

    fn send(&self, to: &str, subject: &'static str, text: String) {
        let to = to.to_owned();
        if self.queue.try_send(Mail { to, subject, text }).is_err() {
            tracing::error!("a mail was not sent: too many are waiting");
        }
    }
}

fn write(directory: &Path, mail: &Mail) -> io::Result<()> {
    private_directory().create(directory)?;
    let salt = random_bytes::<8>().map_err(io::Error::other)?;
    let now = SystemClock::new().now().as_micros();
    let path = directory.join(format!("{now}-{:016x}.txt", u64::from_be_bytes(salt)));
    // It appears whole: who looks for mails finds none that is half there.
    let part = path.with_extension("part");
    let text = format!("To: {}\nSubject: {}\n\n{}", mail.to, mail.subject, mail.text);
    private_file().open(&part)?.write_all(text.as_bytes())?;
    fs::rename(part, path)
}

fn private_directory() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
