//! What can go wrong with the database, in the shop's words. Constraint names become meanings here.

use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError};
use serde_json::Value;
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
    /// PostgreSQL refuses whoever comes like this: the role, the password or the name of the database is wrong.
    #[error("the database lets nobody in: {0}")]
    NotLetIn(String),
    /// The connection was lost, not during a commit: what was done in a transaction is undone, and may be done again on
    /// another connection.
    #[error("the connection to the database was lost: {0}")]
    Lost(String),
    /// The database takes no changes now: it is a standby, or has become one.
    #[error("the database is read-only: {0}")]
    ReadOnly(String),
    /// The database has no room for more, on disk or in memory.
    #[error("the database is out of resources: {0}")]
    OutOfResources(String),
    /// The connection was lost while a transaction was committed: nobody knows whether it was.
    #[error("the connection was lost during a commit: {0}")]
    CommitLost(String),
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
    /// Whether the database may be well again without anybody changing a setting.
    pub const fn passes(&self) -> bool {
        use Error::{CommitLost, Conflict, Locked, Lost, OutOfResources, ReadOnly, TimedOut, Unavailable};
        matches!(
            self,
            Unavailable(_)
                | Lost(_)
                | ReadOnly(_)
                | OutOfResources(_)
                | CommitLost(_)
                | TimedOut(_)
                | Locked(_)
                | Conflict(_)
        )
    }

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
            DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => {
                Self::Lost(info.message().to_owned())
            }
            DatabaseErrorKind::ReadOnlyTransaction => Self::ReadOnly(info.message().to_owned()),
            DatabaseErrorKind::Unknown => of_unknown_kind(error),
            DatabaseErrorKind::CheckViolation | DatabaseErrorKind::RestrictViolation => {
                match refusal_of(info.as_ref()) {
                    Some(refusal) => Self::Refused(refusal),
                    None => Self::Database(error),
                }
            }
            _ => Self::Database(error),
        }
    }
}

/// The meaning of those rules of the tables that nothing else has checked before. The trigger of such a rule puts what it
/// refused into DETAIL, as a JSON object.
fn refusal_of(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> Option<Refusal> {
    let facts = || serde_json::from_str::<Value>(info.details()?).ok();
    let bill_number = || Some(facts()?["bill_number"].as_str()?.to_owned());
    match info.constraint_name()? {
        "bills_number_not_reserved" => Some(Refusal::BillNumberReserved(bill_number()?)),
        "bills_issued_immutable" => Some(Refusal::BillIsIssued(bill_number()?)),
        "clients_erased_final" => Some(Refusal::ClientErased(ClientId(facts()?["client_id"].as_i64()?))),
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

/// diesel hides the SQLSTATE of these, so the message decides. Connections ask for English where they may; for a role that
/// may not choose, `lc_messages` of the server must be English (the private server's is).
fn of_unknown_kind(error: DieselError) -> Error {
    let DieselError::DatabaseError(_, info) = &error else {
        return Error::Database(error);
    };
    if is_deadlock(info.as_ref()) {
        return Error::Conflict(Some(error));
    }
    let message = info.message();
    let is = |texts: &[&str]| texts.iter().any(|text| message.contains(text));
    let told = message.to_owned();
    match message {
        "canceling statement due to lock timeout" => Error::Locked(told),
        "canceling statement due to statement timeout" => Error::TimedOut(told),
        _ if is(&LOST) => Error::Lost(told),
        _ if is(&AWAY) => Error::Unavailable(told),
        _ if is(&FULL) => Error::OutOfResources(told),
        _ => Error::Database(error),
    }
}

/// Texts of a server that ends a connection: SQLSTATE 57P01, 57P02, 57P05 and 25P03.
const LOST: [&str; 3] = [
    "terminating connection due to",
    "terminating connection because",
    "terminating background worker due to",
];

/// Texts of a server that takes no connection or statement now: 57P03, 53300, 57P01.
const AWAY: [&str; 7] = [
    "the database system is",
    "sorry, too many clients already",
    "remaining connection slots are reserved",
    "too many connections for",
    "canceling statement due to user request",
    "canceling statement due to conflict with recovery",
    "canceling authentication due to timeout",
];

/// Texts of a server without room: 53100, 53200, 53000 and 54000.
const FULL: [&str; 5] = [
    "No space left on device",
    "Disk quota exceeded",
    "out of memory",
    "out of shared memory",
    "could not extend file",
];

fn is_deadlock(info: &(dyn DatabaseErrorInformation + Send + Sync)) -> bool {
    info.message() == "deadlock detected"
}
