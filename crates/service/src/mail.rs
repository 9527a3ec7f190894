//! Mail that the shop sends, and how: what carries it is chosen when the shop is put together.

mod log;
mod smtp;

use std::{fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use stockroom_domain::Client;

pub use log::LogMailer;
pub use smtp::SmtpMailer;

use crate::Secret;

/// What stands for the token in the template of a link.
pub const TOKEN_PLACEHOLDER: &str = "{token}";

/// A letter to one person. Its text may hold a secret, and is not shown in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The e-mail address.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// Why a mail was not sent.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the mail was not sent: {0}")]
pub struct MailError(pub String);

/// What an attempt to send comes to.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), MailError>> + Send + 'a>>;

/// Carries mail.
pub trait Mailer: Send + Sync {
    /// Sends a mail, and is through when somebody else is responsible for it.
    fn send(&self, mail: Mail) -> Sending<'_>;
}

/// Carries nothing: the shop sends no mail.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMailer;

/// How mail is sent, and what it says.
#[derive(Clone)]
pub struct MailSettings {
    /// What carries it.
    pub mailer: Arc<dyn Mailer>,
    /// Where a new password is typed, with `{token}` in place of the token; without it, mails tell the bare token.
    pub reset_url: Option<String>,
}

impl Mailer for NoMailer {
    fn send(&self, _: Mail) -> Sending<'_> {
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Default for MailSettings {
    fn default() -> Self {
        Self { mailer: Arc::new(NoMailer), reset_url: None }
    }
}

impl fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailSettings").field("reset_url", &self.reset_url).finish_non_exhaustive()
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("subject", &self.subject).finish_non_exhaustive()
    }
}

impl Mail {
    /// Tells a client how to set a new password.
    pub(crate) fn password_reset(
        client: &Client,
        token: &Secret,
        settings: &MailSettings,
        good_for: Duration,
    ) -> Self {
        let how = match &settings.reset_url {
            Some(url) => format!("Open this link:\n\n{}", url.replace(TOKEN_PLACEHOLDER, token.reveal())),
            None => format!("Use this token:\n\n{}", token.reveal()),
        };
        let minutes = good_for.as_secs().div_ceil(60);
        let text = format!(
            "Hello {},\n\nsomebody asked for a new password for this account. {how}\n\nIt is good for one use within \
             {minutes} minutes. If it was not you, ignore this mail: nothing has changed.\n",
            client.name
        );
        Self { to: client.email.clone(), subject: "Your new password".to_owned(), text }
    }
}
