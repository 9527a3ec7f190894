//! Registration and sign-in.

use stockroom_domain::{Client, Email, NewClient, Password, Permission, PersonName, Telephone};
use stockroom_repository::{clients, read};

use crate::{
    Device, Disclose, Error, Idempotent, Need, Result, Shop, ShownRow, SignedIn, StoredResponse,
    auth::passwords::Verdict,
};

/// How often a password is verified again because it was changed meanwhile.
const MOST_ATTEMPTS: usize = 3;

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

/// An account that was registered, now or by an earlier request with the same key.
#[derive(Debug, Clone)]
pub struct Registered {
    /// The answer that shows the account. It is stored for the key, so it holds no tokens.
    pub response: StoredResponse,
    /// The session that begins with it; none for an earlier request whose password was another one.
    pub signed_in: Option<SignedIn>,
}

/// An account as it is shown to the person who registers it, which discloses it to no other person.
#[derive(Debug, Clone)]
pub struct OwnAccount(pub Client);

impl Disclose for OwnAccount {
    const READ: Option<Permission> = None;

    fn row(&self) -> ShownRow {
        self.0.row()
    }
}

impl Shop {
    /// Creates a client that can sign in, never as an administrator, and signs in.
    ///
    /// # Errors
    /// [`Error::Duplicate`] when the e-mail address is taken; [`Error::Throttled`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn register(
        &self,
        account: NewAccount,
        device: &Device,
        request: Idempotent<OwnAccount>,
    ) -> Result<Registered> {
        let register = self.unit_of_work(Need::ANYONE)?;
        self.count_try(device).await?;
        let hash = self.hash_of(&account).await?;
        let beginning = self.beginning(device)?;
        let registered = register.run_once_with(request, async |tx| {
            let client = clients::insert(tx, account.as_new(hash.as_deref())).await?;
            let session = beginning.begin_in_tx(tx, client.id).await?;
            Ok((OwnAccount(client.clone()), (client, session)))
        });
        let (response, begun) = registered.await?;
        let signed_in = match (begun, account.password) {
            (Some((client, session)), _) => Some(self.begun(client, session, beginning).await?),
            // Whoever has the key of an earlier request need not be who sent it.
            (None, Some(password)) => {
                // The address has been counted.
                self.count_sign_in(&Device::default(), account.email.as_str()).await?;
                match self.begin(account.email.as_str(), password, device).await {
                    Ok(signed_in) => Some(signed_in),
                    Err(Error::InvalidCredentials) => None,
                    Err(error) => return Err(error),
                }
            }
            (None, None) => None,
        };
        Ok(Registered { response, signed_in })
    }

    /// The hash of an account's password, computed before any transaction is open.
    pub(crate) async fn hash_of(&self, account: &NewAccount) -> Result<Option<String>> {
        match &account.password {
            Some(password) => Ok(Some(self.parts.passwords.hash(password.clone()).await?)),
            None => Ok(None),
        }
    }

    /// Begins a session of the client with this e-mail address (in any case) and this password.
    ///
    /// # Errors
    /// [`Error::InvalidCredentials`], the same for an unknown account and a wrong password; [`Error::Throttled`].
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn sign_in(&self, email: &str, password: Password, device: &Device) -> Result<SignedIn> {
        let signed_in = match self.count_sign_in(device, email).await {
            Ok(()) => self.begin(email, password, device).await,
            Err(error) => Err(error),
        };
        let result = match &signed_in {
            Ok(_) => "ok",
            Err(Error::InvalidCredentials) => "failed",
            Err(Error::Throttled { .. }) => "throttled",
            Err(_) => "error",
        };
        metrics::counter!("stockroom_sign_ins_total", "result" => result).increment(1);
        signed_in
    }

    async fn begin(&self, email: &str, password: Password, device: &Device) -> Result<SignedIn> {
        for _ in 0..MOST_ATTEMPTS {
            let found = read(self.pool(), async |conn| clients::find_credentials(conn, email).await).await?;
            let (client, hash) = found.unzip();
            let hash = hash.flatten();
            let stronger = match self.parts.passwords.verify(password.clone(), hash.clone()).await? {
                Verdict::Wrong => return Err(Error::InvalidCredentials),
                Verdict::Right => None,
                Verdict::Outdated(stronger) => Some(stronger),
            };
            let client = client.ok_or(Error::InvalidCredentials)?;
            if let Some(begun) = self.begin_session(client, hash.as_deref(), stronger, device).await? {
                return Ok(begun);
            }
        }
        Err(Error::InvalidCredentials)
    }

    /// The account that the caller is signed in to.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`]; [`Error::NotFound`] when it was deleted meanwhile.
    #[tracing::instrument(target = "stockroom::trace", level = "trace", skip_all)]
    pub async fn get_own_account(&self) -> Result<Client> {
        let (account, _) = self.require_account()?;
        Ok(read(self.pool(), async |conn| clients::get(conn, account).await).await?)
    }

    /// How many password hashes this shop has computed.
    pub fn password_hashes(&self) -> u64 {
        self.parts.passwords.runs()
    }
}
