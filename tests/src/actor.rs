//! Somebody who sends requests.

use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use serde_json::Value;

use crate::Answer;

/// A client of the service with connections of its own.
#[derive(Clone)]
pub struct Actor {
    client: Client,
    base: String,
    token: Option<String>,
}

impl Actor {
    pub(crate) fn new(base: String) -> Self {
        // A redirect is something to see, not to follow: the service promises never to send one.
        let client = Client::builder().no_proxy().redirect(Policy::none()).build().expect("an HTTP client");
        Self { client, base, token: None }
    }

    /// The same, with a token or an API key in every request.
    #[must_use]
    pub fn bearing(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The token or API key that is in every request; empty when there is none.
    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// A request to be completed and passed to [`Actor::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::read(request.send().await.expect("the service answers")).await
    }

    /// Sends `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Sends `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Sends `POST path` with a JSON body and an `Idempotency-Key`.
    pub async fn post_once(&self, key: &str, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    /// Sends a request without a body in the name of whoever has this access token.
    pub async fn ask_as(&self, token: &str, method: Method, path: &str) -> Answer {
        self.send(self.request(method, path).bearer_auth(token)).await
    }

    /// Sends `POST path` with a JSON body in the name of whoever has this access token.
    pub async fn post_as(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).bearer_auth(token).json(body)).await
    }

    /// Sends `PUT path` with a JSON body.
    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// Sends `PATCH path` with a JSON merge patch.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        let request =
            self.request(Method::PATCH, path).header("content-type", "application/merge-patch+json");
        self.send(request.body(body.to_string())).await
    }

    /// Sends `DELETE path`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }
}
