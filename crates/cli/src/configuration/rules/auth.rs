//! What the values of `[auth]` and `[mail]` must fulfil. No sentence quotes a secret.

use stockroom_service::{Algorithm, SigningKey, SmtpMailer, TOKEN_PLACEHOLDER};
use url::Url;

use super::{A_DAY, demand, within};
use crate::{
    configuration::{Auth, Mail, MailTransport},
    failure::Failure,
};

/// Of argon2 (RFC 9106): each lane has at least eight blocks of a KiB.
const BLOCKS_OF_A_LANE: u32 = 8;

pub(super) fn check(auth: &Auth) -> Result<(), Failure> {
    algorithm(auth)?;
    let keys = signing_keys(auth)?;
    let twice = |index: usize| keys[..index].iter().any(|other| other.kid() == keys[index].kid());
    demand(!(0..keys.len()).any(twice), "auth.keys must not hold two keys with the same kid")?;
    demand(!auth.issuer.is_empty(), "auth.issuer must not be empty")?;
    within("auth.access_token_seconds", auth.access_token_seconds, 1, A_DAY)?;
    within("auth.refresh_token_days", auth.refresh_token_days, 1, 3650)?;
    within("auth.reset_token_minutes", auth.reset_token_minutes, 1, A_DAY / 60)?;
    within("auth.session_check_seconds", auth.session_check_seconds, 0, 3600)?;
    within("auth.argon2_iterations", auth.argon2_iterations, 1, 1000)?;
    within("auth.argon2_parallelism", auth.argon2_parallelism, 1, 64)?;
    let least = BLOCKS_OF_A_LANE * auth.argon2_parallelism;
    within("auth.argon2_memory_kib", auth.argon2_memory_kib, least, 1 << 22)?;
    within("auth.password_queue", auth.password_queue, 1, 1_000_000)
}

pub(super) fn check_mail(mail: &Mail) -> Result<(), Failure> {
    let link = Url::parse(&mail.reset_url);
    let usable = mail.reset_url.contains(TOKEN_PLACEHOLDER)
        && link.is_ok_and(|link| matches!(link.scheme(), "http" | "https"));
    demand(
        mail.reset_url.is_empty() || usable,
        "mail.reset_url must be empty or a URL with {token} in it, such as https://shop.example/reset?token={token}",
    )?;
    if mail.transport != MailTransport::Smtp {
        return Ok(());
    }
    demand(!mail.smtp_url.is_empty(), "mail.smtp_url must be set where mail.transport is smtp")?;
    let known = ["smtp://", "smtps://"].iter().any(|scheme| mail.smtp_url.starts_with(scheme));
    demand(known, "mail.smtp_url must start with smtp:// or smtps://")?;
    SmtpMailer::new(&mail.smtp_url, &mail.from)
        .map(drop)
        .map_err(|error| Failure::usage(format!("mail.smtp_url or mail.from cannot be used: {error}")))
}

/// How access tokens are signed.
pub(crate) fn algorithm(auth: &Auth) -> Result<Algorithm, Failure> {
    let unknown =
        |_| Failure::usage(format!("auth.algorithm is {:?}, but must be EdDSA or HS256", auth.algorithm));
    auth.algorithm.parse().map_err(unknown)
}

/// The configured keys of access tokens.
pub(crate) fn signing_keys(auth: &Auth) -> Result<Vec<SigningKey>, Failure> {
    let read = |(index, key): (usize, &String)| {
        key.parse().map_err(|error| Failure::usage(format!("auth.keys[{index}] cannot be used: {error}")))
    };
    auth.keys.iter().enumerate().map(read).collect()
}
