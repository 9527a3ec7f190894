//! Authorization: what a use case needs of its caller, checked by the use case itself, so that no entrance goes around it.
//!
//! Each use case states a [`Need`]. [`Shop::authorize`] checks what is known before anything is read; ownership of a row is
//! checked where the row is read ([`Shop::require_own`]).

pub(crate) mod caller;

use stockroom_domain::{Client, ClientId, Permission, Refusal, Resource, SessionId};
use stockroom_repository::{self as repository, PooledConnection, audit::Actor};

use crate::{Error, Pool, Result, Shop};

/// What a use case needs its caller to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// The permission, where one is needed.
    pub permission: Option<Permission>,
    /// Who passes without the permission.
    pub bypass: Bypass,
}

/// Who passes without a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bypass {
    /// Every caller.
    Anyone,
    /// Every signed-in account; the use case confines it to its own rows.
    Accounts,
    /// No caller.
    Nobody,
}

impl Need {
    /// Nothing: the use case is public.
    pub const ANYONE: Self = Self { permission: None, bypass: Bypass::Anyone };
    /// A signed-in account.
    pub const SIGNED_IN: Self = Self { permission: None, bypass: Bypass::Accounts };

    /// This permission.
    pub const fn to(permission: Permission) -> Self {
        Self { permission: Some(permission), bypass: Bypass::Nobody }
    }

    /// This permission, or to own the rows that are read or written.
    pub const fn or_owner(permission: Permission) -> Self {
        Self { permission: Some(permission), bypass: Bypass::Accounts }
    }
}

impl Shop {
    /// Checks that the caller has what a use case needs.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] when the caller has proven no identity; [`Refusal::NotPermitted`] when it lacks the permission.
    pub fn authorize(&self, need: Need) -> Result<()> {
        let admitted = match need.bypass {
            Bypass::Anyone => true,
            Bypass::Accounts => self.caller.account().is_some(),
            Bypass::Nobody => false,
        };
        match need.permission {
            _ if admitted => Ok(()),
            Some(permission) if self.caller.may(permission) => Ok(()),
            Some(permission) if self.caller.is_known() => Err(Refusal::NotPermitted(permission).into()),
            _ => Err(Error::NotSignedIn),
        }
    }

    /// Checks a permission that a use case needs for part of what it does.
    ///
    /// # Errors
    /// As [`Shop::authorize`].
    pub fn require(&self, permission: Permission) -> Result<()> {
        self.authorize(Need::to(permission))
    }

    /// Checks the need of a use case that reads, and takes a connection from the pool that serves its caller.
    ///
    /// # Errors
    /// As [`Shop::authorize`]; [`Error::Unavailable`] when no connection is free in time.
    pub(crate) async fn connection_for(&self, need: Need) -> Result<PooledConnection> {
        self.authorize(need)?;
        Ok(self.pool().get().await?)
    }

    /// The account and session of a signed-in caller.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`].
    pub(crate) fn require_account(&self) -> Result<(ClientId, SessionId)> {
        self.caller.session().ok_or(Error::NotSignedIn)
    }

    /// Checks that a row is the caller's own, unless it may deal with those of others: to other callers it does not exist.
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

    /// The client whose rows a list shows: the requested one, and without the permission only the caller itself.
    ///
    /// # Errors
    /// [`Error::NotFound`] when another client was requested.
    pub(crate) fn scope_client_filter(
        &self,
        permission: Permission,
        requested: Option<ClientId>,
    ) -> Result<Option<ClientId>> {
        if self.caller.may(permission) {
            return Ok(requested);
        }
        let own = self.caller.account().ok_or(Error::NotSignedIn)?;
        match requested {
            Some(other) if other != own => Err(Error::NotFound { resource: Resource::Client, id: other.0 }),
            _ => Ok(Some(own)),
        }
    }

    /// Checks who changes how a member of the staff signs in: the account itself or a caller who gives roles, because a new
    /// password or address takes over all that the account may do.
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

    /// The pool that serves the caller: staff and API keys have one that the public cannot exhaust.
    pub(crate) fn pool(&self) -> &Pool {
        if self.caller.is_audited() { &self.parts.operators } else { &self.parts.pool }
    }

    /// The actor of the audit log, for a caller that is audited.
    pub(crate) fn actor(&self) -> Option<Actor> {
        self.caller.is_audited().then(|| self.named_actor())
    }

    /// The caller as an actor of the audit log, whether or not its changes are audited.
    pub(crate) fn named_actor(&self) -> Actor {
        let origin = self.caller.origin();
        Actor {
            name: self.caller.name(),
            request_id: origin.map(|origin| origin.request_id.clone()),
            address: origin.and_then(|origin| origin.address),
        }
    }
}
