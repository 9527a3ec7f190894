//! The document of all that is held about a person.

use chrono::{DateTime, Utc};
use serde::Serialize;
use stockroom_domain::{Client, CreditNote, Role};
use stockroom_service::{HeldOrder, HeldSession, PersonalData};
use utoipa::ToSchema;

use crate::{
    api::{
        addresses::bodies::AddressFields,
        audit::bodies::AuditEntryResponse,
        bills::bodies::BillFields,
        clients::bodies::ClientFields,
        order_details::bodies::OrderDetailFields,
        orders::bodies::{CreditNoteFields, OrderEventFields, OrderFields},
        reviews::bodies::ReviewFields,
    },
    http::rows::all,
};

/// All that is held about a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonalDataResponse {
    /// The account.
    profile: ProfileFields,
    /// The address book.
    addresses: Vec<AddressFields>,
    /// What was ordered, with lines and history.
    orders: Vec<HeldOrderFields>,
    /// What was to be paid.
    bills: Vec<BillFields>,
    /// What was owed back for cancelled orders.
    credit_notes: Vec<HeldCreditNoteFields>,
    /// What the client has said about products, whether or not it is shown.
    reviews: Vec<ReviewFields>,
    /// Where the client has signed in, as far back as that is kept.
    sessions: Vec<HeldSessionFields>,
    /// What those who work for the shop have done with these data, newest first. `address` is always null.
    audit: Vec<AuditEntryResponse>,
}

/// An account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProfileFields {
    #[serde(flatten)]
    client: ClientFields,
    /// What the account is to the shop: `client`, `operator` or `admin`.
    #[schema(example = "client")]
    role: &'static str,
    /// Whether what told who it was is erased.
    #[schema(example = false)]
    erased: bool,
}

impl From<Client> for ProfileFields {
    fn from(client: Client) -> Self {
        Self { role: Role::name(client.role), erased: client.erased, client: client.into() }
    }
}

/// An order with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldOrderFields {
    #[serde(flatten)]
    order: OrderFields,
    /// All its lines.
    order_details: Vec<OrderDetailFields>,
    /// Its placement and every move of its status.
    events: Vec<OrderEventFields>,
}

impl From<HeldOrder> for HeldOrderFields {
    fn from(held: HeldOrder) -> Self {
        let HeldOrder { order, lines, events } = held;
        Self { order: order.into(), order_details: all(lines), events: all(events) }
    }
}

/// What is owed back for a cancelled order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldCreditNoteFields {
    /// The cancelled order.
    #[schema(example = 9)]
    order_id: i64,
    #[serde(flatten)]
    credit_note: CreditNoteFields,
}

impl From<CreditNote> for HeldCreditNoteFields {
    fn from(note: CreditNote) -> Self {
        Self { order_id: note.order_id.0, credit_note: note.into() }
    }
}

/// Somebody's being, or having been, signed in on one device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HeldSessionFields {
    /// Identity.
    #[schema(example = 12)]
    id: i64,
    /// When it began.
    created_at: DateTime<Utc>,
    /// When it began or was last refreshed.
    last_used_at: DateTime<Utc>,
    /// When it ends unless it is refreshed before.
    expires_at: DateTime<Utc>,
    /// When it was ended before its time.
    revoked_at: Option<DateTime<Utc>>,
    /// What the device called itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")]
    user_agent: Option<String>,
    /// The address that the sign-in came from.
    #[schema(example = "203.0.113.9")]
    address: Option<String>,
}

impl From<HeldSession> for HeldSessionFields {
    fn from(HeldSession { session, revoked_at }: HeldSession) -> Self {
        Self {
            id: session.id.0,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            revoked_at,
            user_agent: session.user_agent,
            address: session.address,
        }
    }
}

impl From<PersonalData> for PersonalDataResponse {
    fn from(held: PersonalData) -> Self {
        Self {
            profile: held.client.into(),
            addresses: all(held.addresses),
            orders: all(held.orders),
            bills: all(held.bills),
            credit_notes: all(held.credit_notes),
            reviews: all(held.reviews),
            sessions: all(held.sessions),
            audit: all(held.audit),
        }
    }
}
