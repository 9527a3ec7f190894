//! API keys: how scripts and other systems prove what they may do.

use chrono::{DateTime, Utc};

use crate::{ApiKeyId, Permission, Permissions, Text, Violation};

/// What people call a key: 1 to 100 characters.
pub type KeyName = Text<1, 100>;

/// What is known of an API key. The key itself is told once, when it is made, and kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Identity.
    pub id: ApiKeyId,
    /// What people call it.
    pub name: String,
    /// What it begins with.
    pub prefix: String,
    /// What it permits.
    pub scopes: Permissions,
    /// How often it may be used in a minute; otherwise its requests count for the address that they come from.
    pub calls_per_minute: Option<u32>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was ended.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// What a key is to permit: a list of one or more names of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes(pub Permissions);

impl Scopes {
    /// The permissions of these names.
    ///
    /// # Errors
    /// When there is none, or one is unknown.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, Violation> {
        let permissions: Result<Permissions, _> = names.into_iter().map(str::parse::<Permission>).collect();
        match permissions {
            Ok(none) if none == Permissions::default() => {
                Err(Violation::new("too_short", "List should have at least 1 item"))
            }
            Ok(permissions) => Ok(Self(permissions)),
            Err(unknown) => Err(Violation::new("enum", unknown.to_string())),
        }
    }
}

/// How often a key may be used in a minute: 1 to 1,000,000 times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallsPerMinute(pub u32);

impl CallsPerMinute {
    /// Takes a number within the limits.
    ///
    /// # Errors
    /// `range`.
    pub fn new(calls: i64) -> Result<Self, Violation> {
        match u32::try_from(calls) {
            Ok(calls @ 1..=1_000_000) => Ok(Self(calls)),
            _ => Err(Violation::new("range", "Input should be from 1 to 1000000")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes() {
        let set = Permissions::of(&[Permission::OrdersRead, Permission::StockWrite]);
        assert_eq!(Scopes::parse(["stock:write", "orders:read"]), Ok(Scopes(set)));
        assert_eq!(Scopes::parse([]).unwrap_err().kind, "too_short");
        assert_eq!(Scopes::parse(["root"]).unwrap_err().kind, "enum");
    }
}
