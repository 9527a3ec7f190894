//! The table of problem codes: status, text for programs, title, and the refusals of the domain that are answered so.

use actix_web::http::StatusCode;
use stockroom_domain::Refusal;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $code:literal, $title:literal $(for ($refusal:pat))?;)+) => {
        /// What kind of failure it is. Stable: programs may branch on the code's text.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ProblemCode { $($(#[$doc])* $name),+ }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The HTTP status that it is answered with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status),+ }
            }

            /// The text that programs see as `code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// A short sentence for people, the same for every failure of the kind.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }

            /// The code of a refusal. A refusal without a line in the table does not compile.
            pub(super) const fn of_refusal(refusal: &Refusal) -> Self {
                match refusal { $($($refusal => Self::$name,)?)+ }
            }
        }
    };
}

codes! {
    /// The body cannot be read, or a preflight asks for what is not allowed.
    BadRequest = BAD_REQUEST, "bad_request", "Bad request";
    /// Not enough in stock.
    InsufficientStock = BAD_REQUEST, "insufficient_stock", "Insufficient stock"
        for (Refusal::InsufficientStock { .. } | Refusal::InsufficientAdditionalStock { .. });
    /// The client calculated with another price.
    PriceMismatch = BAD_REQUEST, "price_mismatch", "Price mismatch"
        for (Refusal::PriceMismatch { .. });
    /// The order's status cannot change that way.
    IllegalStatusChange = BAD_REQUEST, "illegal_status_change", "Illegal status change"
        for (Refusal::IllegalStatusChange { .. });
    /// More would be taken off than an order costs.
    DiscountTooLarge = BAD_REQUEST, "discount_too_large", "The discount is too large"
        for (Refusal::DiscountTooLarge { .. });
    /// An order costs more than an amount of money can be.
    TotalTooLarge = BAD_REQUEST, "total_too_large", "The total is too large"
        for (Refusal::TotalTooLarge);
    /// The `Idempotency-Key` header has no such value.
    InvalidIdempotencyKey = BAD_REQUEST, "invalid_idempotency_key", "The Idempotency-Key is invalid";
    /// The operation wants an `Idempotency-Key`.
    MissingIdempotencyKey = BAD_REQUEST, "idempotency_key_required", "An Idempotency-Key is required";
    /// The order is cancelled, its lines are history.
    OrderCanceled = BAD_REQUEST, "order_canceled", "The order is canceled"
        for (Refusal::OrderIsCanceled(_));
    /// Registration with a known e-mail address.
    EmailTaken = BAD_REQUEST, "email_taken", "The e-mail address is taken";
    /// A token that should let set a password does not, or no longer.
    InvalidResetToken = BAD_REQUEST, "invalid_reset_token", "The reset token is invalid";
    /// Unknown account or wrong password.
    InvalidCredentials = UNAUTHORIZED, "invalid_credentials", "Invalid credentials";
    /// Only somebody who is known may do it.
    NotSignedIn = UNAUTHORIZED, "not_signed_in", "Sign in first";
    /// What was brought to prove who asks proves nothing.
    InvalidToken = UNAUTHORIZED, "invalid_token", "The token is invalid";
    /// Only somebody with another permission may do it; `permission` names that.
    NotPermitted = FORBIDDEN, "not_permitted", "Not permitted"
        for (Refusal::NotPermitted(_));
    /// A resource named in the request does not exist.
    NotFound = NOT_FOUND, "not_found", "Not found";
    /// No such path.
    UnknownPath = NOT_FOUND, "unknown_path", "Unknown path";
    /// The path exists, not with this method.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed";
    /// The body did not arrive in time, or was cut off.
    Timeout = REQUEST_TIMEOUT, "request_timeout", "The request did not arrive in time";
    /// A unique field is taken.
    Duplicate = CONFLICT, "duplicate", "Duplicate entry"
        for (Refusal::AlreadyReviewed);
    /// A checkout wants more than is in stock.
    InsufficientStockForOrder = CONFLICT, "insufficient_stock_for_order", "Insufficient stock"
        for (Refusal::InsufficientStockForOrder(_));
    /// The buyer of a checkout was told another total.
    TotalMismatch = CONFLICT, "total_mismatch", "Total mismatch"
        for (Refusal::TotalMismatch { .. });
    /// The bill is issued: it, and what it says of its order, is final.
    BillIssued = CONFLICT, "bill_issued", "The bill is issued" for (
        Refusal::OrderIsBilled(_)
            | Refusal::BilledOrderStays(_)
            | Refusal::BillIsIssued(_)
            | Refusal::BillOfAnotherOrder(_)
    );
    /// The role of whoever asks is changed by others.
    OwnRole = CONFLICT, "own_role", "One's own role"
        for (Refusal::OwnRole);
    /// Bill numbers of this form are given by the shop alone.
    BillNumberReserved = CONFLICT, "bill_number_reserved", "The bill number is reserved"
        for (Refusal::BillNumberReserved(_));
    /// The client was erased, for good.
    ClientErased = CONFLICT, "client_erased", "The client was erased"
        for (Refusal::ClientErased(_));
    /// The same request is being processed.
    IdempotencyKeyInUse = CONFLICT, "idempotency_key_in_use", "The Idempotency-Key is in use";
    /// The stock is not the one that the request expected to replace.
    StockChanged = CONFLICT, "stock_changed", "The stock was changed meanwhile"
        for (Refusal::StockChanged { .. });
    /// What `If-Match` names is no longer there.
    PreconditionFailed = PRECONDITION_FAILED, "precondition_failed", "Changed meanwhile"
        for (Refusal::Outdated { .. });
    /// Other resources still need the one to be deleted.
    StillReferenced = CONFLICT, "still_referenced", "Still referenced" for (
        Refusal::ProductHasSales(_)
            | Refusal::CategoryHasProducts
            | Refusal::ClientHasOrdersOrBills(_)
            | Refusal::BillHasOrder(_)
    );
    /// The body is larger than allowed.
    TooLarge = PAYLOAD_TOO_LARGE, "too_large", "The request body is too large";
    /// The body is not JSON by its content type.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type";
    /// Fields of the request break rules; all of them are listed.
    InvalidRequest = UNPROCESSABLE_ENTITY, "invalid_request", "The request is invalid";
    /// The `Idempotency-Key` came with another body before.
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY, "idempotency_key_reused", "The Idempotency-Key was used before";
    /// Too many requests.
    RateLimited = TOO_MANY_REQUESTS, "rate_limited", "Rate limit exceeded";
    /// A fault of the service.
    Internal = INTERNAL_SERVER_ERROR, "internal", "Internal Server Error";
    /// The database is overloaded or away.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "Service temporarily unavailable";
}
