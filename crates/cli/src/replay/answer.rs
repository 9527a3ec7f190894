//! What an answer of the service means.

use std::time::Duration;

use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use stockroom_domain::{Amount, Money, OrderId};
use stockroom_input::FieldValue;
use stockroom_retail::replay::Answer;

/// How much of an answer that is not understood is shown.
const MOST_CHARACTERS: usize = 200;

/// What was received, whatever it means.
#[derive(Debug)]
pub(super) struct Received {
    status: StatusCode,
    replayed: bool,
    retry_after: Option<Duration>,
    body: String,
}

/// The order and the total of a checkout that was done.
pub(super) fn of_checkout(body: &Value) -> Option<(OrderId, Money)> {
    done(body, &body["total"])
}

/// The order and the total of its credit note, when an order was cancelled.
pub(super) fn of_cancel(body: &Value) -> Option<(OrderId, Money)> {
    done(body, &body["credit_note"]["total"])
}

fn done(body: &Value, total: &Value) -> Option<(OrderId, Money)> {
    let id = body["id_key"].as_i64().map(OrderId)?;
    Some((id, Amount::read(total).ok()?.money()))
}

impl Received {
    /// Sends a request and reads the whole answer.
    pub(super) async fn from(request: RequestBuilder) -> Result<Self, reqwest::Error> {
        let response = request.send().await?;
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        let replayed = header("idempotent-replayed") == Some("true");
        let retry_after = header("retry-after").and_then(|seconds| seconds.trim().parse().ok());
        let (status, retry_after) = (response.status(), retry_after.map(Duration::from_secs));
        Ok(Self { status, replayed, retry_after, body: response.text().await? })
    }

    /// How long to wait before the request is sent again; `None` when this is its answer. The service asks for it
    /// when it is busy, when it works on the same key, and when there were too many requests.
    pub(super) fn pause(&self, unless_told: Duration) -> Option<Duration> {
        let away = self.status == StatusCode::SERVICE_UNAVAILABLE;
        self.retry_after.or(away.then_some(unless_told))
    }

    /// Why it would not help to send anything else, where the service wants to know who asks.
    pub(super) fn unproven(&self) -> Option<String> {
        if !matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return None;
        }
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let (status, detail) = (self.status.as_u16(), body["detail"].as_str().unwrap_or_default());
        Some(format!(
            "the service answers {status} ({detail}): give an API key with the scope orders:write, by --api-key or the \
             variable STOCKROOM_API_KEY"
        ))
    }

    /// What it means; `done` reads the body of what was done.
    pub(super) fn answer(&self, key: &str, done: fn(&Value) -> Option<(OrderId, Money)>) -> Answer {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        if self.status.is_success()
            && let Some((id, total)) = done(&body)
        {
            return Answer::Done { id, total, replayed: self.replayed };
        }
        let refused = self.status.is_client_error() || self.status == StatusCode::SERVICE_UNAVAILABLE;
        if refused && let Some(code) = body["code"].as_str() {
            return Answer::Refused(code.to_owned());
        }
        let start: String = self.body.chars().take(MOST_CHARACTERS).collect();
        Answer::NotUnderstood(format!("the answer {} to {key}: {start}", self.status.as_u16()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_millis(3);

    fn received(status: u16, body: &str) -> Received {
        let status = StatusCode::from_u16(status).unwrap();
        Received { status, replayed: false, retry_after: None, body: body.to_owned() }
    }

    fn placed(id: i64, minor: i64) -> Answer {
        Answer::Done { id: OrderId(id), total: Money::from_minor(minor), replayed: false }
    }

    #[test]
    fn what_was_done_is_read_to_the_cent() {
        let body = r#"{"id_key": 9, "total": 99999999999.99, "bill": {"total": 1}}"#;
        assert_eq!(received(201, body).answer("k", of_checkout), placed(9, 9_999_999_999_999));
        let body = r#"{"id_key": 9, "total": 5, "credit_note": {"total": 4.99}}"#;
        assert_eq!(received(200, body).answer("k", of_cancel), placed(9, 499));
        let again = Received { replayed: true, ..received(201, r#"{"id_key": 9, "total": 0.1}"#) };
        let expected = Answer::Done { id: OrderId(9), total: Money::from_minor(10), replayed: true };
        assert_eq!(again.answer("k", of_checkout), expected);
    }

    #[test]
    fn refusals_are_told_by_their_code() {
        let body = r#"{"code": "total_mismatch", "total": 3, "id_key": 1}"#;
        for status in [400, 409, 422, 503] {
            let answer = received(status, body).answer("k", of_checkout);
            assert_eq!(answer, Answer::Refused("total_mismatch".to_owned()), "{status}");
        }
    }

    #[test]
    fn the_rest_is_not_understood() {
        #[track_caller]
        fn check(status: u16, body: &str) {
            let answer = received(status, body).answer("k", of_checkout);
            let shown: String = body.chars().take(200).collect();
            assert_eq!(answer, Answer::NotUnderstood(format!("the answer {status} to k: {shown}")));
        }
        check(500, r#"{"code": "internal"}"#);
        check(201, r#"{"id_key": 9}"#);
        check(201, r#"{"id_key": 9, "total": -1}"#);
        check(201, r#"{"id_key": 9, "total": 1.001}"#);
        check(301, "");
        check(404, &"é".repeat(300));
    }

    #[test]
    fn who_has_proven_nothing_is_told_how() {
        let why = received(401, r#"{"detail": "Who are you?"}"#).unproven().unwrap();
        assert!(why.starts_with("the service answers 401 (Who are you?): give an API key"), "{why}");
        assert!(received(403, "").unproven().is_some());
        assert_eq!(received(404, "").unproven(), None);
    }

    #[test]
    fn a_request_is_sent_again_when_the_service_asks_for_it() {
        let told = |status, seconds| {
            let retry_after = Some(Duration::from_secs(seconds));
            Received { retry_after, ..received(status, "") }.pause(PAUSE)
        };
        assert_eq!(told(429, 9), Some(Duration::from_secs(9)));
        assert_eq!(told(409, 1), Some(Duration::from_secs(1)));
        assert_eq!(told(503, 0), Some(Duration::ZERO));
        assert_eq!(received(503, "").pause(PAUSE), Some(PAUSE));
        assert_eq!(received(409, "").pause(PAUSE), None);
        assert_eq!(received(500, "").pause(PAUSE), None);
    }
}
