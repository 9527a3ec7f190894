//! Requests with an `Idempotency-Key`: what was answered once is answered again, and done once.

mod expiry;
mod keys;
mod replays;
mod twins;

use serde_json::{Value, json};

use crate::stocked::{RESOURCES, Stocked};

/// Every operation that takes a key, with a body that is right. Cancelling comes last.
fn every_post(shop: &Stocked) -> Vec<(String, Value)> {
    let collections = RESOURCES.map(|(collection, _)| collection).into_iter();
    let mut all: Vec<_> = collections.map(|name| (format!("/{name}"), shop.body(name))).collect();
    let mut account = shop.body("clients");
    account["email"] = json!("registered@example.com");
    all.push(("/auth/register".to_owned(), account));
    all.push(("/checkout".to_owned(), shop.body("checkout")));
    all.push((format!("/orders/{}/cancel", shop.order), Value::Null));
    all
}

/// A client to create.
fn eva() -> Value {
    json!({"name": "Eva", "lastname": "Diaz", "email": "eva@example.com"})
}

const REUSED: &str = "This Idempotency-Key was used with another request body";
