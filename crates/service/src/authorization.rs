//! How a use case acts for its caller: whose things it may touch, and the transactions that it writes in.

pub(crate) mod caller;

use stockroom_domain::{Client, ClientId, Permission, Refusal, Resource};
use stockroom_repository::{
    self as repository, Connection, PooledConnection,
    audit::{self, Actor},
    transaction_then,
};

use crate::{Error, Pool, Result, Shop};

impl Shop {
    /// What belongs to others is not there for those who may not see it.
    ///
    /// # Errors
    /// [`repository::Error::NotFound`].
    pub(crate) fn require_own(
        &self,
        permission: Permission,
        owner: Option<ClientId>,
        (resource, id): (Resource, i64),
    ) -> repository::Result<()> {
        if self.caller.may_with(permission, owner) {
            Ok(())
        } else {
            Err(repository::Error::NotFound { resource, id })
        }
    }

    /// Only those who have a permission get on.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`], or [`Error::NotSignedIn`] when nobody is known to ask.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.caller.may(permission) {
            Ok(())
        } else if self.caller.is_known() {
            Err(Refusal::NotPermitted(permission).into())
        } else {
            Err(Error::NotSignedIn)
        }
    }

    /// Whose rows a list shows: those of the client that was asked for, and only the caller's own to those who may not see
    /// others.
    ///
    /// # Errors
    /// [`Error::NotFound`] when others were asked for.
    pub(crate) fn whose(&self, permission: Permission, asked: Option<ClientId>) -> Result<Option<ClientId>> {
        if self.caller.may(permission) {
            return Ok(asked);
        }
        let own = self.caller.account().ok_or(Error::NotSignedIn)?;
        match asked {
            Some(other) if other != own => Err(Error::NotFound { resource: Resource::Client, id: other.0 }),
            _ => Ok(Some(own)),
        }
    }

    /// How those sign in who work for the shop is changed by themselves and by those who give roles: with another password
    /// or address of an account comes all that it may do.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`].
    pub(crate) fn require_may_take_over(&self, account: &Client) -> repository::Result<()> {
        let own = self.caller.account() == Some(account.id);
        if own || !account.role.is_staff() || self.caller.may(Permission::RolesManage) {
            Ok(())
        } else {
            Err(Refusal::NotPermitted(Permission::RolesManage).into())
        }
    }

    /// The connections that serve the caller: those who work for the shop have some that the public cannot use up.
    pub(crate) fn pool(&self) -> &Pool {
        if self.caller.is_audited() { &self.parts.operators } else { &self.parts.pool }
    }

    /// Who the audit log says did it, where it is to say so.
    pub(crate) fn actor(&self) -> Option<Actor> {
        let origin = self.caller.origin();
        self.caller.is_audited().then(|| Actor {
            name: self.caller.name(),
            request_id: origin.map(|origin| origin.request_id.clone()),
            address: origin.and_then(|origin| origin.address),
        })
    }

    /// Does `work` in a transaction (see [`repository::transaction`]). Where the caller is audited, the log says who did it.
    ///
    /// # Errors
    /// Whatever `work` returns.
    pub(crate) async fn write<T>(
        &self,
        work: impl AsyncFn(&mut Connection) -> repository::Result<T>,
    ) -> repository::Result<T> {
        Ok(self.write_then(work).await?.0)
    }

    /// The same, and hands the connection over for what is read after the commit.
    ///
    /// # Errors
    /// Whatever `work` returns.
    pub(crate) async fn write_then<T>(
        &self,
        work: impl AsyncFn(&mut Connection) -> repository::Result<T>,
    ) -> repository::Result<(T, PooledConnection)> {
        let Some(actor) = self.actor() else { return transaction_then(self.pool(), work).await };
        transaction_then(self.pool(), async |conn| {
            audit::act_in_tx(conn, &actor).await?;
            work(conn).await
        })
        .await
    }
}
