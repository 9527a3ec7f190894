//! The life of a session: it begins with a sign-in, goes on by refreshing, and ends by logging out.

use stockroom_domain::{Client, ClientChanges, ClientId, GivenToken, Resource, Session, SessionId};
use stockroom_repository::{
    self as repository, Connection, clients, refresh_tokens, sessions, sessions::NewSession,
};

use super::{Device, SignedIn, Tokens, secret::Secret};
use crate::{Error, Need, Result, Shop};

/// What refresh tokens begin with.
const PREFIX: &str = "srt_";
/// Characters that are kept of what a device calls itself.
const LONGEST_USER_AGENT: usize = 200;
/// Sessions told at once, at most.
const MOST_LISTED: i64 = 100;

/// What came of a refresh, as the transaction has left it.
enum Refreshed {
    Done(SessionId, Client),
    Reused(SessionId),
    Refused,
}

/// A new refresh token that is kept with its session, in one transaction with what lets it begin.
pub(crate) struct Beginning {
    refresh: Secret,
    lifetime: std::time::Duration,
    user_agent: Option<String>,
    address: Option<String>,
}

impl Beginning {
    /// Begins the session of a client.
    pub(crate) async fn begin_in_tx(
        &self,
        conn: &mut Connection,
        client_id: ClientId,
    ) -> repository::Result<SessionId> {
        let new = NewSession {
            client_id,
            lifetime: self.lifetime,
            user_agent: self.user_agent.as_deref(),
            address: self.address.as_deref(),
        };
        let session = sessions::insert(conn, new).await?;
        refresh_tokens::insert(conn, &self.refresh.hash(), session.id).await?;
        Ok(session.id)
    }
}

impl Shop {
    pub(crate) fn beginning(&self, device: &Device) -> Result<Beginning> {
        let cut = |name: &String| name.chars().filter(|c| *c != '\0').take(LONGEST_USER_AGENT).collect();
        Ok(Beginning {
            refresh: Secret::new(PREFIX)?,
            lifetime: self.parts.auth.refresh_token,
            user_agent: device.user_agent.as_ref().map(cut),
            address: device.address.map(|address| address.to_canonical().to_string()),
        })
    }

    /// What proves that somebody has this session.
    pub(crate) async fn tokens(
        &self,
        client: &Client,
        session: SessionId,
        refresh: Secret,
    ) -> Result<Tokens> {
        let sign = |key: &_| self.parts.auth.tokens.sign(key, client.id, client.role, session);
        let access = self.parts.auth.keys.sign_with(&self.parts.pool, sign).await??;
        Ok(Tokens { session, access, expires_in: self.parts.auth.lifetime, refresh })
    }

    /// The tokens of a session that has begun.
    pub(crate) async fn begun(
        &self,
        client: Client,
        session: SessionId,
        beginning: Beginning,
    ) -> Result<SignedIn> {
        let tokens = self.tokens(&client, session, beginning.refresh).await?;
        Ok(SignedIn { client, tokens })
    }

    /// Begins a session for whoever knew the password with this hash, and stores a stronger one; `None` when the account
    /// has another password by now.
    pub(crate) async fn begin_session(
        &self,
        client: Client,
        hash: Option<&str>,
        stronger: Option<String>,
        device: &Device,
    ) -> Result<Option<SignedIn>> {
        let beginning = self.beginning(device)?;
        let stronger = stronger.map(|hash| ClientChanges::default().with_password_hash(hash));
        let session = self.unit_of_work(Need::ANYONE)?.run(async |tx| {
            // Under this lock nobody changes the password and ends the sessions that were begun with the old one.
            if clients::lock_password_in_tx(tx, client.id).await?.as_deref() != hash {
                return Ok(None);
            }
            if let Some(changes) = &stronger {
                clients::update(tx, client.id, changes).await?;
            }
            beginning.begin_in_tx(tx, client.id).await.map(Some)
        });
        match session.await {
            Ok(Some(session)) => Ok(Some(self.begun(client, session, beginning).await?)),
            // The account was deleted while its password was verified.
            Ok(None) | Err(repository::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Exchanges a refresh token for new tokens. A second use of one ends its session, whoever of the two was the thief.
    ///
    /// # Errors
    /// [`Error::InvalidRefreshToken`] when it is unknown, was used before, or its session has ended.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn refresh(&self, token: &GivenToken) -> Result<SignedIn> {
        let given = super::secret::hash(token.reveal());
        let next = Secret::new(PREFIX)?;
        let lifetime = self.parts.auth.refresh_token;
        let refreshed = self.unit_of_work(Need::ANYONE)?.run(async |tx| {
            let Some(session) = refresh_tokens::find_session(tx, &given).await? else {
                return Ok(Refreshed::Refused);
            };
            if !sessions::lock_in_tx(tx, session).await? {
                return Ok(Refreshed::Refused);
            }
            if !refresh_tokens::use_in_tx(tx, &given).await? {
                tx.invalidate().sessions(&[session]);
                sessions::revoke(tx, session, None).await?;
                return Ok(Refreshed::Reused(session));
            }
            let Some(holder) = sessions::find_holder(tx, session).await? else {
                return Ok(Refreshed::Refused);
            };
            let client = clients::get(tx, holder.client_id).await?;
            sessions::extend_in_tx(tx, session, lifetime).await?;
            refresh_tokens::insert(tx, &next.hash(), session).await?;
            Ok(Refreshed::Done(session, client))
        });
        match refreshed.await? {
            Refreshed::Done(session, client) => {
                let tokens = self.tokens(&client, session, next).await?;
                Ok(SignedIn { client, tokens })
            }
            Refreshed::Reused(session) => {
                tracing::warn!(%session, "a refresh token was used twice: its session is ended");
                Err(Error::InvalidRefreshToken)
            }
            Refreshed::Refused => Err(Error::InvalidRefreshToken),
        }
    }

    /// The sessions of the caller's account that have not ended, those used last first, 100 at most.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn list_sessions(&self) -> Result<Vec<Session>> {
        let (account, _) = self.require_account()?;
        Ok(sessions::list_of_client(&mut *self.pool().get().await?, account, MOST_LISTED).await?)
    }

    /// Ends a session of the caller's account.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`]; [`Error::NotFound`] when the account has no such session, or it has ended.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn end_session(&self, session: SessionId) -> Result<()> {
        let (account, _) = self.require_account()?;
        let end = self.unit_of_work(Need::SIGNED_IN)?.invalidating(|stale| stale.sessions(&[session]));
        let ended = end.run(async |tx| sessions::revoke(tx, session, Some(account)).await).await?;
        if ended { Ok(()) } else { Err(Error::NotFound { resource: Resource::Session, id: session.0 }) }
    }

    /// Ends the session that the caller is signed in with.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`]; [`Error::NotFound`] when it has ended.
    pub async fn log_out(&self) -> Result<()> {
        let (_, session) = self.require_account()?;
        self.end_session(session).await
    }
}
