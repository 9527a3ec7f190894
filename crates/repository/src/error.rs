//! What can go wrong with the database, in the shop's words. Constraint names become meanings here.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use stockroom_domain::{ClientId, Refusal, Resource, UnknownChoice, UnknownName, Violation};

/// The result of a repository function.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a repository function failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The row does not exist, or a row it refers to does not.
    #[error("{resource} with id {id} not found")]
    NotFound {
        /// What was looked for.
        resource: Resource,
        /// Its id.
        id: i64,
    },
    /// A unique column holds this value already.
    #[error("Duplicate entry: {noun} with this {field} already exists")]
    Duplicate {
        /// What exists already.
        noun: &'static str,
        /// The unique field.
        field: &'static str,
    },
    /// A rule of the shop forbids it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Another transaction was in the way: safe to run the whole transaction again.
    #[error("the transaction lost against another one")]
    Conflict(#[source] Option<DieselError>),
    /// The database cannot be reached now; trying later may help.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The connection was lost while a transaction was committed: nobody knows whether it was.
    #[error("the connection was lost during a commit: {0}")]
    CommitLost(#[source] DieselError),
    /// A statement took longer than allowed; trying later may help.
    #[error("the database took too long: {0}")]
    TimedOut(String),
    /// Somebody else kept a lock for longer than this transaction may wait; trying later may help.
    #[error("a lock was not given in time: {0}")]
    Locked(String),
    /// Another request with the same idempotency key is still being worked on.
    #[error("Another request with this Idempotency-Key is being processed")]
    KeyInUse,
    /// The idempotency key came with another request body before.
    #[error("This Idempotency-Key was used with another request body")]
    KeyReused,
    /// A row holds a value that has no meaning.
    #[error("a row holds an invalid value: {0}")]
    InvalidRow(#[from] UnknownChoice),
    /// A row holds a name that has no meaning.
    #[error("a row holds an invalid value: {0}")]
    InvalidName(#[from] UnknownName),
    /// A row holds a value that breaks a rule of its kind.
    #[error("a row holds an invalid value: {0}")]
    InvalidValue(#[from] Violation),
    /// A page should begin after a key that is none of its list's order.
    #[error("the key does not fit the order of the list")]
    KeyMismatch,
    /// A migration failed.
    #[error("a migration failed: {0}")]
    Migration(String),
    /// Anything else that the database reports.
    #[error("the database refused a statement: {0}")]
    Database(#[source] DieselError),
}

impl Error {
    /// Whether running the whole transaction again may succeed.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Conflict(_))
    }

    /// Translates a failed write: `references` tells which id each foreign key would have pointed to.
    pub(crate) fn of_write(error: DieselError, references: &[(&str, Resource, i64)]) -> Self {
        if let DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, info) = &error
            && let Some(name) = info.constraint_name()
            && let Some((_, resource, id)) = references.iter().find(|(constraint, ..)| *constraint == name)
        {
            return Self::NotFound { resource: *resource, id: *id };
        }
        error.into()
    }

    /// Translates a failed delete: rows that still refer to the deleted one are a reason of the shop's.
    pub(crate) fn of_delete(error: DieselError, still_referenced: Refusal) -> Self {
        use DatabaseErrorKind::{ForeignKeyViolation, RestrictViolation};
        match error {
            DieselError::DatabaseError(ForeignKeyViolation | RestrictViolation, _) => {
                Self::Refused(still_referenced)
            }
            error => error.into(),
        }
    }
}

impl From<std::convert::Infallible> for Error {
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        let DieselError::DatabaseError(kind, info) = &error else {
            return Self::Database(error);
        };
        match kind {
            DatabaseErrorKind::UniqueViolation => match info.constraint_name() {
                // The same request was answered meanwhile: run again, the transaction finds the answer.
                Some("idempotency_keys_pkey") => Self::Conflict(Some(error)),
                Some("reviews_client_id_product_id_key") => Self::Refused(Refusal::AlreadyReviewed),
                Some(name) if let Some((noun, field)) = duplicate(name) => Self::Duplicate { noun, field },
                _ => Self::Database(error),
            },
            DatabaseErrorKind::SerializationFailure => Self::Conflict(Some(error)),
            DatabaseErrorKind::UnableToSendCommand
            | DatabaseErrorKind::ClosedConnection
            | DatabaseErrorKind::ReadOnlyTransaction => Self::Unavailable(info.message().to_owned()),
            DatabaseErrorKind::Unknown => of_unknown_kind(error),
            DatabaseErrorKind::CheckViolation | DatabaseErrorKind::RestrictViolation => {
                match info.constraint_name().and_then(|name| broken_rule(name, info.message())) {
                    Some(refusal) => Self::Refused(refusal),
                    None => Self::Database(error),
                }
            }
            _ => Self::Database(error),
        }
    }
}

/// The meaning of those rules of the tables that nothing else has checked before.
fn broken_rule(constraint: &str, message: &str) -> Option<Refusal> {
    match constraint {
        // The trigger's text is "bill B-2026-000001 is issued: ...".
        // "bill number B-2026-000001 is reserved ..."
        "bills_number_not_reserved" => {
            Some(Refusal::BillNumberReserved(message.split(' ').nth(2)?.to_owned()))
        }
        // "client 7 was erased"
        "clients_erased_final" => {
            Some(Refusal::ClientErased(ClientId(message.split(' ').nth(1)?.parse().ok()?)))
        }
        "bills_issued_immutable" => Some(Refusal::BillIsIssued(message.split(' ').nth(1)?.to_owned())),
        _ => None,
    }
}

/// The meaning of each unique constraint.
fn duplicate(constraint: &str) -> Option<(&'static str, &'static str)> {
    Some(match constraint {
        "categories_name_key" => ("category", "name"),
        "products_sku_key" => ("product", "sku"),
        "clients_email_key" => ("client", "email"),
        "clients_external_number_key" => ("client", "external number"),
        "bills_bill_number_key" => ("bill", "bill_number"),
        _ => return None,
    })
}

/// diesel hides the SQLSTATE of these, so the message decides; `lc_messages` must be English (the private server's
/// is).
fn of_unknown_kind(error: DieselError) -> Error {
    let DieselError::DatabaseError(_, info) = &error else {
        return Error::Database(error);
    };
    if is_deadlock(info.as_ref()) {
        return Error::Conflict(Some(error));
    }
    let message = info.message();
    let temporary = [
        "terminating connection",
        "the database system is",
        "sorry, too many clients already",
        "remaining connection slots are reserved",
    ];
    match message {
        "canceling statement due to lock timeout" => return Error::Locked(message.to_owned()),
        "canceling statement due to statement timeout" => return Error::TimedOut(message.to_owned()),
        _ => {}
    }
    if temporary.iter().any(|start| message.starts_with(start)) {
        return Error::Unavailable(message.to_owned());
    }
    Error::Database(error)
}

fn is_deadlock(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    info.message() == "deadlock detected"
}
