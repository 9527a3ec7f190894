//! Bodies of clients. A password goes in and never comes out.

use serde::Serialize;
use stockroom_domain::{Client, ClientChanges, Email, Password, PersonName, Telephone};
use stockroom_input::{Fields, FromFields};
use stockroom_service::{ClientView, NewAccount};
use utoipa::ToSchema;

use crate::schema::partial_requests;
use crate::{
    api::{addresses::bodies::AddressFields, orders::bodies::OrderFields},
    http::rows::all,
};

/// A client to create.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "name": "Ana", "lastname": "Lopez", "email": "ana@example.com", "telephone": "+54 11 1234-5678"
}))]
pub(crate) struct CreateClientRequest {
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
    /// Kept as an argon2id hash; without one the client cannot sign in.
    #[schema(value_type = Option<String>, format = Password, min_length = 1, max_length = 1024)]
    password: Option<Password>,
}

partial_requests!(CreateClientRequest => UpdateClientRequest, PatchClientRequest, nullable: ["telephone"]);

impl FromFields for CreateClientRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name");
        let lastname = fields.required("lastname");
        let email = fields.required("email");
        let telephone = fields.optional("telephone");
        let password = fields.optional("password");
        Some(Self {
            name: name?,
            lastname: lastname?,
            email: email?,
            telephone: telephone?,
            password: password?,
        })
    }
}

impl From<CreateClientRequest> for NewAccount {
    fn from(request: CreateClientRequest) -> Self {
        let CreateClientRequest { name, lastname, email, telephone, password } = request;
        Self { name, lastname, email, telephone, password }
    }
}

/// Changes of a client and, possibly, a new password.
#[derive(Debug)]
pub(crate) struct ClientUpdate {
    pub(crate) changes: ClientChanges,
    pub(crate) password: Option<Password>,
}

impl FromFields for ClientUpdate {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let changes = ClientChanges::from_fields(fields);
        // A blank password means "leave alone" to the clients of PUT; PATCH refuses it.
        let password = fields.change_unless_blank("password");
        Some(Self { changes: changes?, password })
    }
}

/// A client without relations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientFields {
    /// Identity.
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
    /// Whether the client administers the shop. No request can set it.
    #[schema(example = false)]
    is_admin: bool,
}

impl From<Client> for ClientFields {
    fn from(client: Client) -> Self {
        let is_admin = client.is_admin();
        Self {
            id_key: client.id.0,
            name: client.name,
            lastname: client.lastname,
            email: client.email,
            telephone: client.telephone,
            is_admin,
        }
    }
}

/// A client.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClientResponse {
    #[serde(flatten)]
    client: ClientFields,
    /// The first 100 addresses.
    addresses: Vec<AddressFields>,
    /// The first 100 orders; in lists only with `expand=orders`.
    #[serde(skip_serializing_if = "Option::is_none")]
    orders: Option<Vec<OrderFields>>,
}

impl From<ClientView> for ClientResponse {
    fn from(view: ClientView) -> Self {
        Self { client: view.client.into(), addresses: all(view.addresses), orders: view.orders.map(all) }
    }
}
