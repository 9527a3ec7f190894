//! Mail by SMTP.

use std::{fmt, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
};

use super::{Mail, MailError, Mailer, Sending};
use crate::{Error, Result};

/// How long a server may take for each step.
const PATIENCE: Duration = Duration::from_secs(10);

/// Hands mail to an SMTP server.
#[derive(Clone)]
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpMailer {
    /// Over the server at this URL, such as `smtps://user:password@mail.example` or
    /// `smtp://user:password@mail.example:587?tls=required`, from this sender.
    ///
    /// # Errors
    /// [`Error::InvalidSettings`] when either cannot be read.
    pub fn new(url: &str, from: &str) -> Result<Self> {
        // The error of a URL may quote it, with its password.
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| Error::InvalidSettings("not a URL of an SMTP server".to_owned()))?
            .timeout(Some(PATIENCE))
            .build();
        let from = from.parse().map_err(|error| Error::InvalidSettings(format!("not a sender: {error}")))?;
        Ok(Self { transport, from })
    }
}

impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpMailer").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Mailer for SmtpMailer {
    fn send(&self, mail: Mail) -> Sending<'_> {
        Box::pin(async move {
            let unsendable = |what: &str| MailError(what.to_owned());
            let to =
                mail.to.parse::<Mailbox>().map_err(|_| unsendable("its address cannot be written to"))?;
            let message = Message::builder()
                .from(self.from.clone())
                .to(to)
                .subject(mail.subject)
                .header(ContentType::TEXT_PLAIN)
                .body(mail.text)
                .map_err(|_| unsendable("it cannot be written"))?;
            let failed = |error: lettre::transport::smtp::Error| match error.status() {
                // What the server says beside the code quotes the address.
                Some(code) => MailError(format!("the server answered {code}")),
                None => MailError(error.to_string()),
            };
            self.transport.send(message).await.map(drop).map_err(failed)
        })
    }
}
