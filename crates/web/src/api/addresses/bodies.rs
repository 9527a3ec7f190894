//! Bodies of addresses.

use serde::Serialize;
use stockroom_domain::{Address, City, ClientId, HouseNumber, NewAddress, Street};
use stockroom_input::{Fields, FromFields};
use utoipa::ToSchema;

use crate::schema::partial_requests;

/// An address to create.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"street": "Avenida Corrientes", "number": "1234 B", "city": "Buenos Aires", "client_id": 7}))]
pub(crate) struct CreateAddressRequest {
    /// Street.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    street: Option<Street>,
    /// House number; it may hold letters.
    #[schema(value_type = Option<String>, max_length = 20)]
    number: Option<HouseNumber>,
    /// City.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    city: Option<City>,
    /// Whose address it is; must exist.
    #[schema(value_type = i64)]
    client_id: ClientId,
}

partial_requests!(
    CreateAddressRequest => UpdateAddressRequest, PatchAddressRequest, nullable: ["street", "number", "city"]
);

impl FromFields for CreateAddressRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let street = fields.optional("street");
        let number = fields.optional("number");
        let city = fields.optional("city");
        let client_id = fields.required("client_id");
        Some(Self { street: street?, number: number?, city: city?, client_id: client_id? })
    }
}

impl CreateAddressRequest {
    pub(crate) fn as_new(&self) -> NewAddress<'_> {
        NewAddress {
            street: self.street.as_ref(),
            number: self.number.as_ref(),
            city: self.city.as_ref(),
            client_id: self.client_id,
        }
    }
}

/// An address.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AddressResponse)]
pub(crate) struct AddressFields {
    /// Identity.
    #[schema(example = 2)]
    pub(crate) id_key: i64,
    /// Street.
    #[schema(example = "Avenida Corrientes")]
    street: Option<String>,
    /// House number.
    #[schema(example = "1234 B")]
    number: Option<String>,
    /// City.
    #[schema(example = "Buenos Aires")]
    city: Option<String>,
    /// Whose address it is.
    #[schema(example = 7)]
    client_id: i64,
}

impl From<Address> for AddressFields {
    fn from(address: Address) -> Self {
        Self {
            id_key: address.id.0,
            street: address.street,
            number: address.number,
            city: address.city,
            client_id: address.client_id.0,
        }
    }
}
