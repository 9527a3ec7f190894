//! Bodies of sessions. Their tokens are not told again.

use chrono::{DateTime, Utc};
use serde::Serialize;
use stockroom_domain::{Session, SessionId};
use utoipa::ToSchema;

/// Somebody's being signed in on one device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionResponse {
    /// Identity.
    #[schema(example = 12)]
    id: i64,
    /// When it began.
    created_at: DateTime<Utc>,
    /// When it began or was last refreshed.
    last_used_at: DateTime<Utc>,
    /// When it ends unless it is refreshed before.
    expires_at: DateTime<Utc>,
    /// What the device called itself.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")]
    user_agent: Option<String>,
    /// The address that the sign-in came from.
    #[schema(example = "203.0.113.9")]
    address: Option<String>,
    /// Whether it is the one that asks.
    #[schema(example = true)]
    current: bool,
}

impl SessionResponse {
    /// A session as that with the id `current` sees it.
    pub(crate) fn seen_by(current: SessionId) -> impl Fn(Session) -> Self {
        move |session| Self {
            id: session.id.0,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            user_agent: session.user_agent,
            address: session.address,
            current: session.id == current,
        }
    }
}
