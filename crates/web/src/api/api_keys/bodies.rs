//! Bodies of API keys. The key itself is told once.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use stockroom_domain::{ApiKey, CallsPerMinute, KeyName, OrderDate, Permission, Scopes, Violation};
use stockroom_input::{Fields, FromFields};
use stockroom_service::{MadeKey, NewKey};
use utoipa::ToSchema;

/// A key to make.
#[derive(Debug, ToSchema)]
#[schema(example = json!({
    "name": "Warehouse", "scopes": ["orders:read", "stock:write"], "expires_at": "2027-12-31T00:00:00Z",
    "calls_per_minute": 600
}))]
pub(crate) struct CreateApiKeyRequest {
    /// What people call it.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: KeyName,
    /// Names of the permissions that it has.
    #[schema(value_type = Vec<String>, min_items = 1)]
    scopes: Scopes,
    /// When it ends by itself; never when absent.
    #[schema(value_type = Option<DateTime<Utc>>)]
    expires_at: Option<OrderDate>,
    /// How often it may be used in a minute; when absent its requests count for the address that they come from.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1_000_000)]
    calls_per_minute: Option<CallsPerMinute>,
}

impl FromFields for CreateApiKeyRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name");
        let scopes = fields.required("scopes");
        let expires_at: Option<Option<OrderDate>> = fields.optional("expires_at");
        if let Some(Some(OrderDate(end))) = expires_at
            && end <= Utc::now()
        {
            let violation = Violation::new("greater_than", "Input should be a moment to come");
            fields.refuse("expires_at", violation, Value::from(end.to_rfc3339()));
        }
        let calls_per_minute = fields.optional("calls_per_minute");
        Some(Self {
            name: name?,
            scopes: scopes?,
            expires_at: expires_at?,
            calls_per_minute: calls_per_minute?,
        })
    }
}

impl From<CreateApiKeyRequest> for NewKey {
    fn from(request: CreateApiKeyRequest) -> Self {
        let CreateApiKeyRequest { name, scopes, expires_at, calls_per_minute } = request;
        Self { name, scopes, expires_at: expires_at.map(|date| date.0), calls_per_minute }
    }
}

/// What is known of a key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiKeyResponse {
    /// Identity.
    #[schema(example = 3)]
    id_key: i64,
    /// What people call it.
    #[schema(example = "Warehouse")]
    name: String,
    /// What it begins with.
    #[schema(example = "sk_live_8JkQ2xNw")]
    prefix: String,
    /// Names of the permissions that it has.
    #[schema(example = json!(["orders:read", "stock:write"]))]
    scopes: Vec<&'static str>,
    /// How often it may be used in a minute.
    #[schema(example = 600)]
    calls_per_minute: Option<u32>,
    /// Who made it.
    #[schema(example = "admin:1")]
    created_by: String,
    /// When it was made.
    created_at: DateTime<Utc>,
    /// When it ends by itself.
    expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute.
    last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    revoked_at: Option<DateTime<Utc>>,
}

impl From<ApiKey> for ApiKeyResponse {
    fn from(key: ApiKey) -> Self {
        Self {
            id_key: key.id.0,
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes.iter().map(Permission::name).collect(),
            calls_per_minute: key.calls_per_minute,
            created_by: key.created_by,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeApiKeyResponse {
    #[serde(flatten)]
    known: ApiKeyResponse,
    /// The key. It is told now and never again.
    #[schema(example = "sk_live_8JkQ2xNwT5b0Zy7uXo1pLq4rVt6sWc9dEf3gHi2jKm0nOpA")]
    key: String,
}

impl From<MadeKey> for MadeApiKeyResponse {
    fn from(made: MadeKey) -> Self {
        Self { known: made.key.into(), key: made.secret }
    }
}
