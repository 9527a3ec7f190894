//! Registration and sign-in.

use stockroom_domain::{Client, Email, Password, PersonName, Telephone};
use stockroom_repository::clients::{self, NewClient};

use crate::{Answered, Error, Once, Result, Shop};

/// A client to create, with the password in clear.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// First name.
    pub name: PersonName,
    /// Last name.
    pub lastname: PersonName,
    /// Unique e-mail address.
    pub email: Email,
    /// Telephone number.
    pub telephone: Option<Telephone>,
    /// Without one the client cannot sign in.
    pub password: Option<Password>,
}

impl NewAccount {
    pub(crate) fn as_new<'a>(&'a self, password_hash: Option<&'a str>) -> NewClient<'a> {
        NewClient {
            name: &self.name,
            lastname: &self.lastname,
            email: &self.email,
            telephone: self.telephone.as_ref(),
            password_hash,
        }
    }
}

impl Shop {
    /// Creates a client that can sign in, never as an administrator.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when the e-mail address is taken.
    pub async fn register(&self, account: NewAccount, once: Once<Client>) -> Result<Answered> {
        let hash = self.hash_of(&account).await?;
        self.once(once, async |conn| clients::insert(conn, account.as_new(hash.as_deref())).await).await
    }

    /// The hash of an account's password, computed before any transaction is open.
    pub(crate) async fn hash_of(&self, account: &NewAccount) -> Result<Option<String>> {
        match &account.password {
            Some(password) => Ok(Some(self.parts.passwords.hash(password.clone()).await?)),
            None => Ok(None),
        }
    }

    /// The client with this e-mail address (in any case) and this password.
    ///
    /// # Errors
    /// [`Error::InvalidCredentials`], the same for an unknown account and a wrong password.
    pub async fn sign_in(&self, email: &str, password: Password) -> Result<Client> {
        let found = {
            let mut conn = self.parts.pool.get().await?;
            clients::find_credentials(&mut conn, email).await?
        };
        let (client, hash) = found.unzip();
        let matches = self.parts.passwords.verify(password, hash.flatten()).await?;
        client.filter(|_| matches).ok_or(Error::InvalidCredentials)
    }
}
