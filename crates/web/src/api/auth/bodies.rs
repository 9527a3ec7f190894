//! Bodies of registration and sign-in.

use serde::Serialize;
use stockroom_domain::{Client, Email, GivenToken, Password, PersonName, Role, Telephone, Text};
use stockroom_input::{Fields, FromFields};
use stockroom_service::{NewAccount, OwnAccount, SignedIn, Tokens};
use utoipa::ToSchema;

/// Who wants to sign in.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"email": "ana@example.com", "password": "correct horse battery staple"}))]
pub(crate) struct LoginRequest {
    /// The account's e-mail address, in any case.
    #[schema(value_type = String, min_length = 1, max_length = 320)]
    pub(crate) email: Text<1, 320>,
    /// The account's password.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    pub(crate) password: Password,
}

impl FromFields for LoginRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (email, password) = (fields.required("email"), fields.required("password"));
        Some(Self { email: email?, password: password? })
    }
}

/// An account to register.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "name": "Ana", "lastname": "Lopez", "email": "ana@example.com", "telephone": "+54 11 1234-5678",
    "password": "correct horse battery staple"
}))]
pub(crate) struct RegisterRequest {
    /// First name.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: PersonName,
    /// Last name.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    lastname: PersonName,
    /// Unique, regardless of case.
    #[schema(value_type = String, format = Email)]
    email: Email,
    /// An optional `+` and 7 to 20 digits; blanks, `-`, `(` and `)` are ignored.
    #[schema(value_type = Option<String>, max_length = 50)]
    telephone: Option<Telephone>,
    /// Kept as an argon2id hash.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 1024)]
    password: Password,
}

impl FromFields for RegisterRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name");
        let lastname = fields.required("lastname");
        let email = fields.required("email");
        let telephone = fields.optional("telephone");
        let password = fields.required("password");
        Some(Self {
            name: name?,
            lastname: lastname?,
            email: email?,
            telephone: telephone?,
            password: password?,
        })
    }
}

impl From<RegisterRequest> for NewAccount {
    fn from(request: RegisterRequest) -> Self {
        let RegisterRequest { name, lastname, email, telephone, password } = request;
        Self { name, lastname, email, telephone, password: Some(password) }
    }
}

/// Who signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountResponse {
    /// The client's id.
    #[schema(example = 7)]
    id: i64,
    /// The same.
    #[schema(example = 7)]
    id_key: i64,
    /// First name.
    #[schema(example = "Ana")]
    name: String,
    /// Last name.
    #[schema(example = "Lopez")]
    lastname: String,
    /// E-mail address.
    #[schema(example = "ana@example.com")]
    email: String,
    /// Telephone number.
    #[schema(example = "+54 11 1234-5678")]
    telephone: Option<String>,
    /// Whether the client administers the shop.
    #[schema(example = false)]
    is_admin: bool,
}

impl From<OwnAccount> for AccountResponse {
    fn from(OwnAccount(client): OwnAccount) -> Self {
        client.into()
    }
}

impl From<Client> for AccountResponse {
    fn from(client: Client) -> Self {
        let is_admin = client.is_admin();
        Self {
            id: client.id.0,
            id_key: client.id.0,
            name: client.name,
            lastname: client.lastname,
            email: client.email,
            telephone: client.telephone,
            is_admin,
        }
    }
}

/// Who is signed in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeResponse {
    #[serde(flatten)]
    account: AccountResponse,
    /// What the account is to the shop: `client`, `operator` or `admin`.
    #[schema(example = "client")]
    role: &'static str,
}

impl From<Client> for MeResponse {
    fn from(client: Client) -> Self {
        let role = Role::name(client.role);
        Self { account: client.into(), role }
    }
}

/// What proves who somebody is.
#[derive(Serialize, ToSchema)]
pub(crate) struct TokensResponse {
    /// Goes with every request: `Authorization: Bearer <access_token>`.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJFZERTQSIsImtpZCI6IjEifQ.eyJzdWIiOiI3In0.c2lnbmF0dXJl")]
    access_token: String,
    /// Good for one `POST /auth/refresh`.
    #[schema(example = "srt_Q2hhbmdlIG1lIGJlZm9yZSBhbnlib2R5IGVsc2UgZG8")]
    refresh_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds that the access token is good for.
    #[schema(example = 900)]
    expires_in: u64,
}

impl From<Tokens> for TokensResponse {
    fn from(tokens: Tokens) -> Self {
        Self {
            access_token: tokens.access.reveal().to_owned(),
            refresh_token: tokens.refresh.reveal().to_owned(),
            token_type: "Bearer",
            expires_in: tokens.expires_in.as_secs(),
        }
    }
}

/// Who signed in, and what proves it from now on.
#[derive(Serialize, ToSchema)]
pub(crate) struct SignedInResponse {
    #[serde(flatten)]
    account: AccountResponse,
    #[serde(flatten)]
    tokens: TokensResponse,
}

/// Who registered, and what proves it from now on.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegisteredResponse {
    #[serde(flatten)]
    account: AccountResponse,
    /// Missing only where the answer to an earlier request with the same `Idempotency-Key` is repeated and the account has
    /// since been deleted or has another password.
    #[serde(flatten)]
    tokens: Option<TokensResponse>,
}

impl From<SignedIn> for SignedInResponse {
    fn from(SignedIn { client, tokens }: SignedIn) -> Self {
        Self { account: client.into(), tokens: tokens.into() }
    }
}

/// A refresh token to exchange.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"refresh_token": "srt_Q2hhbmdlIG1lIGJlZm9yZSBhbnlib2R5IGVsc2UgZG8"}))]
pub(crate) struct RefreshRequest {
    /// The last one that was given.
    #[schema(value_type = String, min_length = 1, max_length = 512)]
    pub(crate) refresh_token: GivenToken,
}

impl FromFields for RefreshRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { refresh_token: fields.required("refresh_token")? })
    }
}
