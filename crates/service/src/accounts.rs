//! Registration and sign-in.

use stockroom_domain::{Client, Email, Password, PersonName, Telephone};
use stockroom_repository::clients::{self, NewClient};

use crate::{Error, Result, Shop};

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

impl Shop {
    /// Creates a client that can sign in, never as an administrator.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when the e-mail address is taken.
    pub async fn register(&self, account: NewAccount) -> Result<Client> {
        let hash = match account.password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        let mut conn = self.pool.get().await?;
        let new = NewClient {
            name: &account.name,
            lastname: &account.lastname,
            email: &account.email,
            telephone: account.telephone.as_ref(),
            password_hash: hash.as_deref(),
        };
        Ok(clients::insert(&mut conn, new).await?)
    }

    /// The client with this e-mail address (in any case) and this password.
    ///
    /// # Errors
    /// [`Error::InvalidCredentials`], the same for an unknown account and a wrong password.
    pub async fn sign_in(&self, email: &str, password: Password) -> Result<Client> {
        let found = {
            let mut conn = self.pool.get().await?;
            clients::find_credentials(&mut conn, email).await?
        };
        let (client, hash) = found.unzip();
        let matches = self.passwords.verify(password, hash.flatten()).await?;
        client.filter(|_| matches).ok_or(Error::InvalidCredentials)
    }
}
