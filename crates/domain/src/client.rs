//! Clients: the shop's customers.

use std::fmt;

use crate::{ClientId, Email, Role, Telephone, Text, Violation};

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

/// A client to insert.
#[derive(Debug, Clone, Copy)]
pub struct NewClient<'a> {
    /// First name.
    pub name: &'a PersonName,
    /// Last name.
    pub lastname: &'a PersonName,
    /// Unique e-mail address.
    pub email: &'a Email,
    /// Telephone number.
    pub telephone: Option<&'a Telephone>,
    /// argon2id hash in PHC format; without one the client cannot sign in.
    pub password_hash: Option<&'a str>,
}

/// Changes of a client; what is `None` stays as it is. What is no field here, such as the role, cannot be changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientChanges {
    /// A new first name.
    pub name: Option<PersonName>,
    /// A new last name.
    pub lastname: Option<PersonName>,
    /// A new e-mail address.
    pub email: Option<Email>,
    /// A new telephone number, or none.
    pub telephone: Option<Option<Telephone>>,
    /// A new password, by its argon2id hash in PHC format. No request body has this field.
    pub password_hash: Option<String>,
}

impl ClientChanges {
    /// Whether they change how somebody signs in: the e-mail address or the password.
    pub fn change_sign_in_of(&self, client: &Client) -> bool {
        let is_other = |email: &Email| !email.as_str().eq_ignore_ascii_case(&client.email);
        self.email.as_ref().is_some_and(is_other) || self.password_hash.is_some()
    }

    /// Sets a new password by its argon2id hash in PHC format.
    #[must_use]
    pub fn with_password_hash(self, hash: String) -> Self {
        Self { password_hash: Some(hash), ..self }
    }
}

/// A password as a client typed it: 1 to 1,024 characters, never shown, not even in `Debug`.
#[derive(Clone)]
pub struct Password(Text<1, 1024>);

impl Password {
    /// Takes a password that keeps the limits.
    ///
    /// # Errors
    /// As for [`Text::parse`].
    pub fn parse(text: &str) -> Result<Self, Violation> {
        Text::parse(text).map(Self)
    }

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

impl NewPassword {
    /// Takes a password that keeps the limits.
    ///
    /// # Errors
    /// As for [`Text::parse`].
    pub fn parse(text: &str) -> Result<Self, Violation> {
        Text::<8, 1024>::parse(text)?;
        Password::parse(text).map(Self)
    }
}

impl From<NewPassword> for Password {
    fn from(new: NewPassword) -> Self {
        new.0
    }
}
