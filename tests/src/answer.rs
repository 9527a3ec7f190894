//! An answer with everything that tests look at.

use reqwest::{Response, StatusCode, header::HeaderMap};
use serde_json::Value;

/// A whole answer of the service.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as JSON; null when it is none.
    pub body: Value,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.expect("the body arrives");
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, body }
    }

    /// A header's value; empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are text"))
    }

    /// The body, after the status is as expected.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.body
    }

    /// The `id_key` of a resource that was created or shown.
    #[track_caller]
    pub fn id(&self) -> i64 {
        assert!(self.status.is_success(), "{}", self.text);
        self.body["id_key"].as_i64().expect("the answer has an id_key")
    }

    /// Fails unless this is a problem document with this status and this text as `detail` and `message`.
    #[track_caller]
    pub fn expect_problem(&self, status: u16, text: &str) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["detail"], text);
        assert_eq!(self.body["message"], text);
        assert_eq!(self.body["status"], status);
        assert_eq!(self.body["request_id"], self.header("x-request-id"));
    }

    /// Fails unless this is a 422 whose offending places are exactly these, for example `body.price`.
    #[track_caller]
    pub fn expect_invalid(&self, places: &[&str]) {
        assert_eq!(self.status.as_u16(), 422, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let fields = self.body["detail"].as_array().expect("detail is a list");
        let place = |field: &Value| {
            let parts: Vec<_> = field["loc"].as_array().expect("loc is a list").iter().map(text).collect();
            assert!(
                field["type"].is_string() && field["msg"].is_string() && field.get("input").is_some(),
                "{field}"
            );
            parts.join(".")
        };
        let found: Vec<_> = fields.iter().map(place).collect();
        assert_eq!(found, places, "{}", self.text);
        assert_eq!(self.body["message"], self.body["title"]);
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
