//! Those who work for the shop: who they are is decided here and by no request that changes a client.

use stockroom_domain::{Client, ClientId, Permission, Refusal, Role};
use stockroom_repository::{Pool, clients, sessions};

use crate::{
    Error, Need, NewAccount, PasswordSettings, Result, Shop, Visible, auth::passwords::Passwords,
    unit_of_work::UnitOfWork,
};

impl Shop {
    /// Gives an account a role. It counts at once on this server, and within seconds on others.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Refused`] when it is the caller's own, so that nobody locks everybody out.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn set_role(&self, id: ClientId, role: Role) -> Result<Visible<Client>> {
        let change = self.unit_of_work(Need::to(Permission::RolesManage))?;
        if self.caller.account() == Some(id) {
            return Err(Refusal::OwnRole.into());
        }
        let updated = change.show(async |tx| {
            let client = clients::set_role_in_tx(tx, id, role).await?;
            let sessions = sessions::list_of_client(tx, id, i64::MAX).await?;
            let sessions: Vec<_> = sessions.into_iter().map(|session| session.id).collect();
            tx.invalidate().sessions(&sessions);
            Ok(client)
        });
        Ok(updated.await?)
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
    let made = UnitOfWork::of_program(pool).run(async |tx| {
        let client = clients::insert(tx, account.as_new(hash.as_deref())).await?;
        clients::set_role_in_tx(tx, client.id, role).await
    });
    made.await.map_err(Error::from)
}
