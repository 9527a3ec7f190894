//! Bodies that are left unread.

use std::time::Duration;

use actix_web::dev::Payload;

/// Makes the server close the connection of a refused body after the answer: it would read the rest of a chunked body
/// whose reader is gone, however long that takes, so the reader stays until the answer is out.
pub(crate) fn leave_unread(payload: Payload) {
    const ANSWERED: Duration = Duration::from_secs(1);
    actix_web::rt::spawn(async move {
        tokio::time::sleep(ANSWERED).await;
        drop(payload);
    });
}
