//! How people sign in and how mail is sent, as configured; and the command that makes a new signing key.

use std::{path::PathBuf, sync::Arc, time::Duration};

use stockroom_service::{
    AuthSettings, LogMailer, MailSettings, Mailer, NoMailer, PasswordSettings, SmtpMailer, rotate_signing_key,
};

use crate::{
    configuration::{Auth, Configuration, Mail, MailTransport, algorithm, signing_keys},
    database::work_on,
    failure::Failure,
    output, telemetry,
};

/// How people sign in.
pub(crate) fn auth_settings(auth: &Auth) -> Result<AuthSettings, Failure> {
    Ok(AuthSettings {
        algorithm: algorithm(auth)?,
        issuer: auth.issuer.clone(),
        access_token: Duration::from_secs(auth.access_token_seconds),
        refresh_token: Duration::from_hours(24 * auth.refresh_token_days),
        reset_token: Duration::from_mins(auth.reset_token_minutes),
        keys: signing_keys(auth)?,
        passwords: PasswordSettings {
            memory_kib: auth.argon2_memory_kib,
            iterations: auth.argon2_iterations,
            parallelism: auth.argon2_parallelism,
            queue: auth.password_queue,
        },
        logins_per_account: auth.logins_per_minute_per_account,
        logins_per_address: auth.logins_per_minute_per_address,
        session_check: Duration::from_secs(auth.session_check_seconds),
        ..AuthSettings::default()
    })
}

/// How mail is sent.
pub(crate) fn mail_settings(mail: &Mail) -> Result<MailSettings, Failure> {
    let mailer: Arc<dyn Mailer> = match mail.transport {
        MailTransport::Log => Arc::new(LogMailer),
        MailTransport::None => Arc::new(NoMailer),
        MailTransport::Smtp => Arc::new(SmtpMailer::new(&mail.smtp_url, &mail.from).map_err(|error| {
            Failure::usage(format!("mail.smtp_url or mail.from cannot be used: {error}"))
        })?),
    };
    Ok(MailSettings { mailer, reset_url: (!mail.reset_url.is_empty()).then(|| mail.reset_url.clone()) })
}

/// Makes a new key for access tokens, and prints its name.
pub(crate) async fn rotate(configuration: &Configuration, data_dir: Option<PathBuf>) -> Result<(), Failure> {
    telemetry::start(&configuration.log)?;
    if !configuration.auth.keys.is_empty() {
        return Err(Failure::usage(
            "auth.keys is set, so keys are rotated there: put a new one first, and take the old one out once what it has \
             signed is expired",
        ));
    }
    let algorithm = algorithm(&configuration.auth)?;
    let kid = work_on(configuration, data_dir, async |database| {
        database.migrate().await?;
        let rotated = rotate_signing_key(&database.pool()?, algorithm).await;
        rotated.map_err(|error| Failure::run(format!("cannot make a new signing key: {error}")))
    })
    .await?;
    output::print(&kid)
}
