//! Who asks for a use case, and what they may do.

use std::{net::IpAddr, sync::Arc};

use stockroom_domain::{ApiKeyId, ClientId, Permission, Permissions, Role, SessionId};

/// Who asks, what they may do, and where the request came from.
#[derive(Debug, Clone)]
pub struct Caller {
    identity: Identity,
    permissions: Permissions,
    in_the_open: bool,
    origin: Option<Arc<Origin>>,
}

/// Who somebody has proven to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// Nothing was proven.
    Nobody,
    /// An account, by a token of one of its sessions.
    Account {
        /// Whose it is.
        id: ClientId,
        /// What it is to the shop.
        role: Role,
        /// The session.
        session: SessionId,
    },
    /// Whoever holds this API key.
    Key(ApiKeyId),
}

/// Where a request came from: what the audit log tells beside who sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The id of the request.
    pub request_id: String,
    /// The address that it came from, where known.
    pub address: Option<IpAddr>,
}

impl Caller {
    /// Somebody with these permissions on everything; an account may do more with what is its own.
    pub fn new(identity: Identity, permissions: Permissions) -> Self {
        Self { identity, permissions, in_the_open: false, origin: None }
    }

    /// The service itself, its commands and its tests: may do everything.
    pub fn trusted() -> Self {
        Self::new(Identity::Nobody, Permissions::ALL).in_the_open()
    }

    /// Where nobody has to say who they are, which the contract's clients do not: everybody may do what is open to them.
    #[must_use]
    pub fn in_the_open(self) -> Self {
        Self { in_the_open: true, ..self }
    }

    /// Whether nobody has to say who they are.
    pub fn is_in_the_open(&self) -> bool {
        self.in_the_open
    }

    /// With where the request came from.
    #[must_use]
    pub fn from_origin(self, origin: Origin) -> Self {
        Self { origin: Some(Arc::new(origin)), ..self }
    }

    /// Who it is.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The account that asks, if it is one.
    pub fn account(&self) -> Option<ClientId> {
        match self.identity {
            Identity::Account { id, .. } => Some(id),
            Identity::Nobody | Identity::Key(_) => None,
        }
    }

    /// Whether anything was proven.
    pub fn is_known(&self) -> bool {
        self.identity != Identity::Nobody
    }

    /// The account that asks and its session, if it is one.
    pub fn session(&self) -> Option<(ClientId, SessionId)> {
        match self.identity {
            Identity::Account { id, session, .. } => Some((id, session)),
            Identity::Nobody | Identity::Key(_) => None,
        }
    }

    /// Where the request came from.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_deref()
    }

    /// Whether something is permitted, whosoever it belongs to.
    pub fn may(&self, permission: Permission) -> bool {
        self.may_hand_on(permission) || (self.in_the_open && Permissions::OPEN.contain(permission))
    }

    /// Whether something is permitted because of who it is, and not because it is to everybody: what a key may get of its
    /// maker, for it goes on when doors are closed.
    pub fn may_hand_on(&self, permission: Permission) -> bool {
        self.permissions.contain(permission)
    }

    /// Whether something of this owner may be dealt with: it is permitted, or the owner asks.
    pub fn may_with(&self, permission: Permission, owner: Option<ClientId>) -> bool {
        self.may(permission) || (owner.is_some() && owner == self.account())
    }

    /// Whether what it does is written into the audit log: it works for the shop, or is a program.
    pub fn is_audited(&self) -> bool {
        match self.identity {
            Identity::Nobody => false,
            Identity::Account { role, .. } => role.is_staff(),
            Identity::Key(_) => true,
        }
    }

    /// The name under which it is told from others: `anonymous`, `client:7`, `operator:7`, `admin:7`, `key:3`.
    pub fn name(&self) -> String {
        match self.identity {
            Identity::Nobody => "anonymous".to_owned(),
            Identity::Account { id, role, .. } => format!("{role}:{id}"),
            Identity::Key(id) => format!("key:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_may_what_others_may_not() {
        let ana = Identity::Account { id: ClientId(7), role: Role::Client, session: SessionId(1) };
        let ana = Caller::new(ana, Role::Client.permissions());
        assert!(ana.may_with(Permission::OrdersRead, Some(ClientId(7))));
        assert!(!ana.may_with(Permission::OrdersRead, Some(ClientId(8))));
        assert!(!ana.may_with(Permission::ReviewsWrite, None));
        let nobody = Caller::new(Identity::Nobody, Permissions::default());
        assert!(!nobody.may_with(Permission::ReviewsWrite, None));
    }

    #[test]
    fn what_is_open_to_everybody_is_not_handed_on() {
        let keeper = Permissions::of(&[Permission::KeysManage]);
        let keeper = Caller::new(Identity::Key(ApiKeyId(3)), keeper).in_the_open();
        assert!(keeper.may(Permission::OrdersRead) && !keeper.may_hand_on(Permission::OrdersRead));
        assert!(keeper.may(Permission::KeysManage) && keeper.may_hand_on(Permission::KeysManage));
        assert!(!keeper.may(Permission::AuditRead));
    }

    #[test]
    fn names_tell_who_it_is() {
        let account = |role| Identity::Account { id: ClientId(7), role, session: SessionId(1) };
        let name = |identity| Caller::new(identity, Permissions::default()).name();
        assert_eq!(name(Identity::Nobody), "anonymous");
        assert_eq!(name(account(Role::Client)), "client:7");
        assert_eq!(name(account(Role::Admin)), "admin:7");
        assert_eq!(name(Identity::Key(ApiKeyId(3))), "key:3");
    }
}
