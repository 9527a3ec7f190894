//! Resources with good defaults, made through the API; a test sets only what matters to it.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::Actor;

impl Actor {
    /// A new category with a name of its own.
    pub async fn category(&self) -> i64 {
        self.post("/categories", &json!({"name": format!("Category {}", next())})).await.id()
    }

    /// A new product of 10.00 with 10 in stock in a category of its own; `fields` override.
    pub async fn product(&self, fields: Value) -> i64 {
        let category = if fields.get("category_id").is_some() { 0 } else { self.category().await };
        let base = json!({"name": "Mug", "price": 10.0, "stock": 10, "category_id": category});
        self.post("/products", &with(base, fields)).await.id()
    }

    /// A new client; `fields` override.
    pub async fn client(&self, fields: Value) -> i64 {
        let email = format!("ana{}@example.com", next());
        let base =
            json!({"name": "Ana", "lastname": "Lopez", "email": email, "telephone": "+54 11 1234-5678"});
        self.post("/clients", &with(base, fields)).await.id()
    }

    /// A new bill of this client; `fields` override.
    pub async fn bill(&self, client: i64, fields: Value) -> i64 {
        let number = format!("A-{}", next());
        let base = json!({
            "bill_number": number, "date": "2026-01-15", "total": 20.0, "payment_type": 2, "client_id": client,
        });
        self.post("/bills", &with(base, fields)).await.id()
    }

    /// A new pending order with a client and a bill of its own; `fields` override.
    pub async fn order(&self, fields: Value) -> i64 {
        let client = self.client(json!({})).await;
        let bill = self.bill(client, json!({})).await;
        let base = json!({"total": 20.0, "delivery_method": 3, "client_id": client, "bill_id": bill});
        self.post("/orders", &with(base, fields)).await.id()
    }

    /// A new line that takes `quantity` of `product` for `order`.
    pub async fn line(&self, order: i64, product: i64, quantity: i64) -> i64 {
        let line = json!({"order_id": order, "product_id": product, "quantity": quantity});
        self.post("/order_details", &line).await.id()
    }

    /// An order of `client` over these products and quantities, placed by a checkout; the order as answered.
    pub async fn check_out(&self, client: i64, lines: &[(i64, i64)]) -> Value {
        self.post("/checkout", &checkout(client, lines)).await.expect(201)
    }

    /// A product's stock, as the API shows it.
    pub async fn stock(&self, product: i64) -> i64 {
        let shown = self.get(&format!("/products/{product}")).await.expect(200);
        shown["stock"].as_i64().expect("stock is an integer")
    }
}

/// The body of a checkout of these products and quantities.
pub fn checkout(client: i64, lines: &[(i64, i64)]) -> Value {
    let line = |(product, quantity): &(i64, i64)| json!({"product_id": product, "quantity": quantity});
    let lines: Vec<_> = lines.iter().map(line).collect();
    json!({"client_id": client, "lines": lines, "delivery_method": 3, "payment_type": 2})
}

/// An account to register, with an e-mail address of its own.
pub(crate) fn account() -> Value {
    let email = format!("account{}@example.com", next());
    json!({"name": "Ana", "lastname": "Lopez", "email": email, "password": "correct horse battery staple"})
}

fn with(mut base: Value, fields: Value) -> Value {
    if let (Value::Object(base), Value::Object(fields)) = (&mut base, fields) {
        base.extend(fields);
    }
    base
}

fn next() -> u32 {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}
