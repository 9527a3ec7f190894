//! Who may do what: every operation, every caller, every row and every column.

mod columns;
mod keys;
mod modes;
mod ownership;
mod reviews;
mod roles;
mod staff;
mod table;
mod walk;

use reqwest::Method;
use serde_json::{Value, json};
use stockroom_domain::Role;
use stockroom_tests::{Actor, App};

const PASSWORD: &str = "correct horse battery staple";

/// Somebody with an account, signed in.
struct Person {
    id: i64,
    email: String,
    tokens: Value,
    actor: Actor,
}

impl Person {
    /// A new account of this role.
    async fn new(app: &App, role: Role, email: &str) -> Self {
        let fields = json!({"name": "Ana", "lastname": "Lopez", "email": email, "password": PASSWORD});
        let id = app.actor().post("/auth/register", &fields).await.id();
        app.execute("UPDATE clients SET role = $2 WHERE id = $1", &[&id, &role.name()]).await;
        Self::signed_in(app, email).await
    }

    /// The same account in a session of its own.
    async fn signed_in(app: &App, email: &str) -> Self {
        let credentials = json!({"email": email, "password": PASSWORD});
        let tokens = app.actor().post("/auth/login", &credentials).await.expect(200);
        let actor = app.actor().bearing(tokens["access_token"].as_str().unwrap());
        Self { id: tokens["id_key"].as_i64().unwrap(), email: email.to_owned(), tokens, actor }
    }

    fn token(&self) -> &str {
        self.tokens["access_token"].as_str().unwrap()
    }

    /// The token after its session has ended.
    async fn signed_out(self) -> String {
        self.actor.send(self.actor.request(Method::POST, "/auth/logout")).await.expect(204);
        self.token().to_owned()
    }
}
