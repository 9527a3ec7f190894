//! Clients: the shop's customers.

use std::fmt;

use serde_json::Value;

use crate::{ClientId, Role, Text, Violation, input::FieldValue};

/// A first or last name: 1 to 100 characters.
pub type PersonName = Text<1, 100>;

/// A customer. The password hash is not part of it: only the sign-in reads that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Identity.
    pub id: ClientId,
    /// First name, 1 to 100 characters.
    pub name: String,
    /// Last name, 1 to 100 characters.
    pub lastname: String,
    /// E-mail address, unique regardless of case.
    pub email: String,
    /// Telephone number.
    pub telephone: Option<String>,
    /// What the client is to the shop.
    pub role: Role,
    /// Whether what told who it was is erased: nobody signs in to it, and nothing about it changes any more.
    pub erased: bool,
}

impl Client {
    /// Whether the client may administer the shop.
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

/// A password as a client typed it: 1 to 1,024 characters, never shown, not even in `Debug`.
#[derive(Clone)]
pub struct Password(Text<1, 1024>);

impl Password {
    /// The clear text, for hashing and for nothing else.
    pub fn reveal(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// A password to have from now on: at least 8 characters.
#[derive(Debug, Clone)]
pub struct NewPassword(Password);

impl From<NewPassword> for Password {
    fn from(new: NewPassword) -> Self {
        new.0
    }
}

impl FieldValue for NewPassword {
    const SECRET: bool = true;
    const BLANK_IS_ABSENT: bool = true;

    fn read(value: &Value) -> Result<Self, Violation> {
        Text::<8, 1024>::read(value)?;
        Password::read(value).map(Self)
    }
}

impl FieldValue for Password {
    const SECRET: bool = true;
    const BLANK_IS_ABSENT: bool = true;

    fn read(value: &Value) -> Result<Self, Violation> {
        Text::read(value).map(Self)
    }
}
