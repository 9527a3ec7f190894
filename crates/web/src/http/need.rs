//! What an operation needs of its caller, as a value.

use stockroom_domain::Permission;

/// What an operation needs of its caller: a permission, unless the caller gets by without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Need {
    /// The permission, where one is needed.
    pub(crate) permission: Option<Permission>,
    /// Who gets by without it.
    pub(crate) bypass: Bypass,
}

/// Who gets by without a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bypass {
    /// Everybody.
    Anyone,
    /// Whoever has an account; the use case checks that they own what they deal with.
    Accounts,
    /// Nobody.
    Nobody,
}

impl Need {
    /// Nothing: the operation is public.
    pub(crate) const ANYONE: Self = Self { permission: None, bypass: Bypass::Anyone };
    /// An account.
    pub(crate) const SIGNED_IN: Self = Self { permission: None, bypass: Bypass::Accounts };

    /// This permission.
    pub(crate) const fn to(permission: Permission) -> Self {
        Self { permission: Some(permission), bypass: Bypass::Nobody }
    }

    /// The same, or to own what is dealt with.
    pub(crate) const fn or_owner(self) -> Self {
        Self { bypass: Bypass::Accounts, ..self }
    }
}
