//! Signing in: who somebody is, for how long, and how that is proven.
//!
//! A sign-in begins a session. Its refresh token, used once, is exchanged for the next one; its access tokens tell for some
//! minutes who their bearer is, without a look into the database.

mod access_token;
pub(crate) mod accounts;
pub(crate) mod api_keys;
mod key;
mod keyring;
pub(crate) mod live_sessions;
pub(crate) mod passwords;
mod recovery;
pub(crate) mod roles;
mod secret;
mod session;
mod throttle;

use std::{net::IpAddr, sync::Arc, time::Duration};

use stockroom_domain::{Client, SessionId};
use stockroom_limits::{Limiter, Policy};

pub use key::{Algorithm, KeyError, SigningKey};
pub use keyring::rotate_signing_key;
pub use secret::Secret;

use crate::{Error, Identity, PasswordSettings, Result, Shop, mail::MailSettings};
use access_token::{AccessTokens, Unverified};
use keyring::KeyRing;
use live_sessions::LiveSessions;
use throttle::Throttle;

/// How far the clocks of servers may be apart.
const LEEWAY: Duration = Duration::from_secs(5);

/// How people sign in.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// How access tokens are signed, where no keys are given.
    pub algorithm: Algorithm,
    /// Who access tokens say that they are from.
    pub issuer: String,
    /// How long an access token is good.
    pub access_token: Duration,
    /// How long a session lasts unless it is refreshed.
    pub refresh_token: Duration,
    /// How long a mailed token lets set a new password.
    pub reset_token: Duration,
    /// Keys of access tokens: the first signs, all verify. Without any, servers share one in the database.
    pub keys: Vec<SigningKey>,
    /// How often a server looks for new keys in the database, at most.
    pub key_reload: Duration,
    /// How passwords are hashed.
    pub passwords: PasswordSettings,
    /// Tries a minute for each account; 0 is no limit.
    pub logins_per_account: u32,
    /// Tries a minute for each address; 0 is no limit.
    pub logins_per_address: u32,
    /// Another limit of the tries at each account, beside `logins_per_account`.
    pub account_limit: Option<Policy>,
    /// How long a session is believed to live, and an API key to be in force, without a look.
    pub session_check: Duration,
}

impl Default for AuthSettings {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::default(),
            issuer: "stockroom".to_owned(),
            access_token: Duration::from_mins(15),
            refresh_token: Duration::from_hours(30 * 24),
            reset_token: Duration::from_hours(1),
            keys: Vec::new(),
            key_reload: Duration::from_secs(5),
            passwords: PasswordSettings::default(),
            logins_per_account: 10,
            logins_per_address: 30,
            account_limit: None,
            session_check: Duration::from_secs(5),
        }
    }
}

/// What somebody signs in with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    /// The address that it has, where known.
    pub address: Option<IpAddr>,
    /// What it calls itself.
    pub user_agent: Option<String>,
}

/// What proves who somebody is.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The session that they belong to.
    pub session: SessionId,
    /// Tells with every request who asks.
    pub access: Secret,
    /// How long that is good.
    pub expires_in: Duration,
    /// Good for one exchange for new tokens.
    pub refresh: Secret,
}

/// Somebody who has signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account.
    pub client: Client,
    /// What proves it from now on.
    pub tokens: Tokens,
}

/// What signing in needs.
pub(crate) struct Auth {
    keys: KeyRing,
    tokens: AccessTokens,
    live: Arc<LiveSessions>,
    throttle: Throttle,
    lifetime: Duration,
    refresh_token: Duration,
    reset_token: Duration,
    mail: MailSettings,
    mailing: Arc<tokio::sync::Semaphore>,
}

impl Auth {
    pub(crate) fn new(
        settings: &AuthSettings,
        mail: MailSettings,
        limiter: Arc<Limiter>,
        live: Arc<LiveSessions>,
    ) -> Self {
        Self {
            keys: KeyRing::new(settings),
            tokens: AccessTokens::new(settings.issuer.clone(), settings.access_token),
            live,
            throttle: Throttle::new(settings, limiter),
            lifetime: settings.access_token,
            refresh_token: settings.refresh_token,
            reset_token: settings.reset_token,
            mail,
            mailing: Arc::new(tokio::sync::Semaphore::new(recovery::MOST_AT_ONCE)),
        }
    }

    /// How long the used refresh tokens of a session are kept: a second use of one is noticed for as long.
    pub(crate) fn refresh_token(&self) -> Duration {
        self.refresh_token
    }
}

impl Shop {
    /// Counts somebody's try at an account.
    pub(crate) async fn count_sign_in(&self, device: &Device, email: &str) -> Result<()> {
        self.parts.auth.throttle.count(device.address, email).await
    }

    /// Counts somebody's try at no account in particular.
    pub(crate) async fn count_try(&self, device: &Device) -> Result<()> {
        self.parts.auth.throttle.count_address(device.address).await
    }

    /// Who the bearer of an access token is, by its signature and its time alone. Costs next to nothing for a token that
    /// was verified before.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], also when its key is not known to this process yet.
    pub fn verify(&self, token: &str) -> Result<Identity> {
        self.parts.auth.tokens.verify(&self.parts.auth.keys, token).map_err(|_| Error::InvalidToken)
    }

    /// Who the bearer of an access token is. With `live` the session must not have ended, and the role is the account's
    /// of now (both as of some seconds ago, unless this process has changed them).
    ///
    /// # Errors
    /// [`Error::InvalidToken`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn authenticate(&self, token: &str, live: bool) -> Result<Identity> {
        let identity = match self.parts.auth.tokens.verify(&self.parts.auth.keys, token) {
            Ok(identity) => identity,
            Err(Unverified::Invalid) => return Err(Error::InvalidToken),
            Err(Unverified::UnknownKey) => {
                self.parts.auth.keys.read_again(&self.parts.pool).await?;
                self.verify(token)?
            }
        };
        let Identity::Account { id, session, role } = identity else { return Ok(identity) };
        if !live {
            return Ok(identity);
        }
        let pool = if role.is_staff() { &self.parts.operators } else { &self.parts.pool };
        match self.parts.auth.live.holder(pool, session).await? {
            Some(holder) if holder.client_id == id => {
                Ok(Identity::Account { id, role: holder.role, session })
            }
            _ => Err(Error::InvalidToken),
        }
    }

    /// Whether what a request brings shows that it comes from somebody who works for the shop, or from a program: by the
    /// signature of a token, or a key in force. It costs nothing that the public could use up. Whether a session still goes on
    /// is not looked up.
    pub async fn is_of_operator(&self, brought: &str) -> bool {
        if Self::is_api_key(brought) {
            return self.is_key_of_operator(brought).await;
        }
        let verified = self.parts.auth.tokens.verify(&self.parts.auth.keys, brought);
        matches!(verified, Ok(Identity::Account { role, .. }) if role.is_staff())
    }
}
