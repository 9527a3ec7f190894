//! Bodies of registration and sign-in.

use serde::Serialize;
use stockroom_domain::{Client, Email, Fields, FromFields, Password, PersonName, Telephone, Text};
use stockroom_service::NewAccount;
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

impl From<Client> for AccountResponse {
    fn from(client: Client) -> Self {
        Self {
            id: client.id.0,
            id_key: client.id.0,
            name: client.name,
            lastname: client.lastname,
            email: client.email,
            telephone: client.telephone,
            is_admin: client.is_admin,
        }
    }
}
