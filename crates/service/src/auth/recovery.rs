//! New passwords: for those who know the old one, and for those who can read the mail of the account.

use std::{net::IpAddr, sync::Arc};

use stockroom_domain::{ClientChanges, Email, GivenToken, NewPassword, Password, Refusal};
use stockroom_repository::{self as repository, clients, password_resets, sessions};

use super::secret::{self, Secret};
use crate::{Error, Need, Result, Shop, auth::passwords::Verdict, mail::Mail};

/// What tokens of password resets begin with.
const PREFIX: &str = "spr_";
/// Resets prepared at the same time, at most.
pub(super) const MOST_AT_ONCE: usize = 64;
/// What takes longer than this is given up.
const LONGEST_MAILING: std::time::Duration = std::time::Duration::from_mins(1);

impl Shop {
    /// Changes the password of the caller's account, and ends all its sessions but the caller's.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`]; [`Error::InvalidCredentials`] when the current one is wrong; [`Error::Throttled`]; [`Error::NotFound`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn change_password(
        &self,
        current: Password,
        new: NewPassword,
        address: Option<IpAddr>,
    ) -> Result<()> {
        let change = self.unit_of_work(Need::SIGNED_IN)?;
        let (account, session) = self.require_account()?;
        let (email, hash) = {
            let mut conn = self.pool().get().await?;
            let email = clients::get(&mut conn, account).await?.email;
            (email, clients::get_password_hash(&mut conn, account).await?)
        };
        self.parts.auth.throttle.count(address, &email).await?;
        if self.parts.passwords.verify(current, hash.clone()).await? == Verdict::Wrong {
            return Err(Error::InvalidCredentials);
        }
        let changes =
            ClientChanges::default().with_password_hash(self.parts.passwords.hash(new.into()).await?);
        let updated = change.run(async |tx| {
            if clients::lock_password_in_tx(tx, account).await? != hash {
                return Ok(false);
            }
            clients::update(tx, account, &changes).await?;
            password_resets::delete_of_client(tx, account).await?;
            let ended = sessions::revoke_all_in_tx(tx, account, Some(session)).await?;
            tx.invalidate().sessions(&ended);
            Ok(true)
        });
        // Changed by another request while this one was verified: it is no longer the current password.
        if updated.await? { Ok(()) } else { Err(Error::InvalidCredentials) }
    }

    /// Mails whoever has an account with this address a token that lets set a new password. Whether there is one, neither
    /// the answer nor its time tells: all of it happens after the answer.
    ///
    /// # Errors
    /// [`Error::Throttled`]; [`Error::Unavailable`] when too many wait, whoever they are.
    pub async fn forget_password(&self, email: &Email, address: Option<IpAddr>) -> Result<()> {
        self.parts.auth.throttle.count(address, email.as_str()).await?;
        let slot = Arc::clone(&self.parts.auth.mailing).try_acquire_owned();
        let slot = slot.map_err(|_| Error::Unavailable("too many mails wait to be sent".to_owned()))?;
        let (shop, email) = (self.clone(), email.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(LONGEST_MAILING, shop.mail_reset(&email)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    metrics::counter!("stockroom_mails_total", "result" => "failed").increment(1);
                    tracing::warn!(%error, "could not mail a password reset");
                }
                Err(_) => {
                    metrics::counter!("stockroom_mails_total", "result" => "failed").increment(1);
                    tracing::warn!("could not mail a password reset in time");
                }
            }
            drop(slot);
        });
        Ok(())
    }

    async fn mail_reset(&self, email: &Email) -> Result<()> {
        let token = Secret::new(PREFIX)?;
        let client = {
            let mut conn = self.pool().get().await?;
            let Some((client, _)) = clients::find_credentials(&mut conn, email.as_str()).await? else {
                return Ok(());
            };
            client
        };
        let (lifetime, hash) = (self.parts.auth.reset_token, token.hash());
        let mut replace = self.unit_of_work(Need::ANYONE)?.begin().await?;
        let replaced = password_resets::replace(replace.connection(), client.id, &hash, lifetime).await?;
        replace.commit().await?;
        if !replaced {
            return Ok(());
        }
        let mail = Mail::password_reset(&client, &token, &self.parts.auth.mail, self.parts.auth.reset_token);
        let sent = self.parts.auth.mail.mailer.send(mail).await;
        sent.map_err(|error| Error::internal(error.to_string()))?;
        metrics::counter!("stockroom_mails_total", "result" => "sent").increment(1);
        Ok(())
    }

    /// Sets a new password by a mailed token, which is good for one use, and ends all sessions of the account.
    ///
    /// # Errors
    /// [`Error::InvalidResetToken`] when it is unknown, used or expired; [`Error::Throttled`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn reset_password(
        &self,
        token: &GivenToken,
        new: NewPassword,
        address: Option<IpAddr>,
    ) -> Result<()> {
        self.parts.auth.throttle.count_address(address).await?;
        let token = secret::hash(token.reveal());
        let found = password_resets::find_client(&mut *self.pool().get().await?, &token).await?;
        let account = found.ok_or(Error::InvalidResetToken)?;
        let changes =
            ClientChanges::default().with_password_hash(self.parts.passwords.hash(new.into()).await?);
        let reset = self.unit_of_work(Need::ANYONE)?.run(async |tx| {
            clients::lock_password_in_tx(tx, account).await?;
            if !password_resets::use_in_tx(tx, &token).await? {
                return Ok(false);
            }
            clients::update(tx, account, &changes).await?;
            let ended = sessions::revoke_all_in_tx(tx, account, None).await?;
            tx.invalidate().sessions(&ended);
            Ok(true)
        });
        match reset.await {
            Ok(true) => Ok(()),
            Ok(false)
            | Err(
                repository::Error::NotFound { .. } | repository::Error::Refused(Refusal::ClientErased(_)),
            ) => Err(Error::InvalidResetToken),
            Err(error) => Err(error.into()),
        }
    }
}
