//! Who may do what: permissions, and the roles that hold them.
//!
//! Clients hold none: what they may do with what is their own follows from owning it.

use std::{fmt, str::FromStr};

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// What somebody may do to whatever the shop keeps, not only to what is their own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Permission { $($(#[$doc])* $name),+ }

        impl Permission {
            /// Every permission.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name under which it is granted and told, such as `orders:read`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

permissions! {
    /// Create, change and delete products and categories.
    CatalogueWrite = "catalogue:write",
    /// Set the stock of a product.
    StockWrite = "stock:write",
    /// Read clients and their addresses.
    ClientsRead = "clients:read",
    /// Create, change and delete clients and their addresses.
    ClientsWrite = "clients:write",
    /// Read orders, their lines and their history.
    OrdersRead = "orders:read",
    /// Place orders for any client, change, cancel and delete them and their lines.
    OrdersWrite = "orders:write",
    /// Take something off the price of an order.
    DiscountsGive = "discounts:give",
    /// Read bills.
    BillsRead = "bills:read",
    /// Create, change and delete bills.
    BillsWrite = "bills:write",
    /// Write reviews in anybody's name, change and delete those of others.
    ReviewsWrite = "reviews:write",
    /// Read reviews that are not published, publish and reject them.
    ReviewsModerate = "reviews:moderate",
    /// Export and erase what is held about any person.
    PrivacyManage = "privacy:manage",
    /// Read the audit log.
    AuditRead = "audit:read",
    /// Create, list and revoke API keys.
    KeysManage = "keys:manage",
    /// Give and take the roles of accounts, and change accounts that have one.
    RolesManage = "roles:manage",
}

/// No such permission, or no such role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is none of {known}")]
pub struct UnknownName {
    given: String,
    known: String,
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Permission {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        by_name(Self::ALL, Self::name, name)
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(u32);

impl Permissions {
    /// All of them.
    pub const ALL: Self = Self::of(Permission::ALL);

    /// What operators may do: orders, bills, stock, the queue of reviews, and read clients.
    pub const OPERATOR: Self = Self::of(&[
        Permission::StockWrite,
        Permission::ClientsRead,
        Permission::OrdersRead,
        Permission::OrdersWrite,
        Permission::DiscountsGive,
        Permission::BillsRead,
        Permission::BillsWrite,
        Permission::ReviewsModerate,
    ]);

    /// What everybody may do where nobody has to say who they are: everything but what would outlive that.
    pub const OPEN: Self = Self::ALL
        .without(Permission::AuditRead)
        .without(Permission::KeysManage)
        .without(Permission::RolesManage);

    /// These permissions.
    pub const fn of(permissions: &[Permission]) -> Self {
        let (mut bits, mut rest) = (0, permissions);
        while let [first, others @ ..] = rest {
            bits |= bit(*first);
            rest = others;
        }
        Self(bits)
    }

    /// These without one.
    #[must_use]
    pub const fn without(self, permission: Permission) -> Self {
        Self(self.0 & !bit(permission))
    }

    /// Whether a permission is among them.
    pub const fn contain(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// Whether all of others are among them.
    pub const fn contain_all(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.contain(*permission))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | bit(permission)))
    }
}

const fn bit(permission: Permission) -> u32 {
    1 << permission as u32
}

/// What an account is to the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A customer.
    Client,
    /// Handles orders.
    Operator,
    /// May do everything.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] = &[Self::Client, Self::Operator, Self::Admin];

    /// The name under which it is stored and told.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// What it may do with what belongs to others.
    pub const fn permissions(self) -> Permissions {
        match self {
            Self::Client => Permissions::of(&[]),
            Self::Operator => Permissions::OPERATOR,
            Self::Admin => Permissions::ALL,
        }
    }

    /// Whether those who have it work for the shop.
    pub const fn is_staff(self) -> bool {
        !matches!(self, Self::Client)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        by_name(Self::ALL, Self::name, name)
    }
}

fn by_name<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, given: &str) -> Result<T, UnknownName> {
    all.iter().copied().find(|one| name(*one) == given).ok_or_else(|| {
        let known: Vec<_> = all.iter().map(|one| name(*one)).collect();
        UnknownName { given: given.to_owned(), known: known.join(", ") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_what_they_name() {
        for permission in Permission::ALL {
            assert_eq!(permission.name().parse(), Ok(*permission));
        }
        for role in Role::ALL {
            assert_eq!(role.name().parse(), Ok(*role));
        }
        let unknown = "root".parse::<Role>().unwrap_err();
        assert_eq!(unknown.to_string(), "\"root\" is none of client, operator, admin");
    }

    #[test]
    fn sets() {
        let set: Permissions = [Permission::OrdersRead, Permission::RolesManage].into_iter().collect();
        assert!(set.contain(Permission::OrdersRead) && !set.contain(Permission::OrdersWrite));
        assert_eq!(set.iter().collect::<Vec<_>>(), [Permission::OrdersRead, Permission::RolesManage]);
        assert!(Permissions::ALL.contain_all(set) && !Permissions::OPERATOR.contain_all(set));
        assert_eq!(Permissions::ALL.iter().count(), Permission::ALL.len());
    }

    #[test]
    fn what_outlives_open_doors_is_not_open() {
        for closed in [Permission::AuditRead, Permission::KeysManage, Permission::RolesManage] {
            assert!(!Permissions::OPEN.contain(closed), "{closed}");
        }
    }
}
