//! Those who work for the shop: who they are is decided here and by no request that changes a client.

use stockroom_domain::{Client, ClientId, Refusal, Role};
use stockroom_repository::{Pool, clients, sessions, transaction};

use crate::{Error, NewAccount, PasswordSettings, Result, Shop, auth::passwords::Passwords};

impl Shop {
    /// Gives an account a role. It counts at once on this server, and within seconds on others.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Refused`] when it is the caller's own, so that nobody locks everybody out.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn set_role(&self, id: ClientId, role: Role) -> Result<Client> {
        if self.caller.account() == Some(id) {
            return Err(Refusal::OwnRole.into());
        }
        let write = self.write(async |conn| {
            let client = clients::set_role_in_tx(conn, id, role).await?;
            let sessions = sessions::list_of_client(conn, id, i64::MAX).await?;
            Ok((client, sessions.into_iter().map(|session| session.id).collect::<Vec<_>>()))
        });
        let (client, sessions) = write.await?;
        self.parts.auth.forget(&sessions);
        Ok(client)
    }
}

/// Makes an account with a role, without a running shop: how the first administrator comes into being.
///
/// # Errors
/// [`Error::Duplicate`] when the e-mail address is taken; [`Error::InvalidSettings`].
pub async fn make_account(
    pool: &Pool,
    passwords: PasswordSettings,
    account: &NewAccount,
    role: Role,
) -> Result<Client> {
    let hash = match &account.password {
        Some(password) => Some(Passwords::start(passwords)?.hash(password.clone()).await?),
        None => None,
    };
    let made = transaction(pool, async |conn| {
        let client = clients::insert(conn, account.as_new(hash.as_deref())).await?;
        clients::set_role_in_tx(conn, client.id, role).await
    });
    made.await.map_err(Error::from)
}
