//! A shop with one of each resource, for what must hold for all of them alike.

use serde_json::{Value, json};
use stockroom_tests::{Actor, App, checkout};

/// Every collection with the singular name that its errors use.
pub(crate) const RESOURCES: [(&str, &str); 8] = [
    ("products", "Product"),
    ("categories", "Category"),
    ("clients", "Client"),
    ("addresses", "Address"),
    ("orders", "Order"),
    ("order_details", "Order detail"),
    ("bills", "Bill"),
    ("reviews", "Review"),
];

/// The ids of one of each.
pub(crate) struct Stocked {
    pub(crate) category: i64,
    pub(crate) product: i64,
    pub(crate) client: i64,
    pub(crate) address: i64,
    pub(crate) bill: i64,
    pub(crate) order: i64,
    pub(crate) line: i64,
    pub(crate) review: i64,
}

impl Stocked {
    pub(crate) async fn by(admin: &Actor) -> Self {
        let category = admin.category().await;
        let product = admin.product(json!({"category_id": category})).await;
        let client = admin.client(json!({})).await;
        let address = admin.post("/addresses", &json!({"city": "Rosario", "client_id": client})).await.id();
        let bill = admin.bill(client, json!({})).await;
        let order = json!({"total": 20, "delivery_method": 3, "client_id": client, "bill_id": bill});
        let order = admin.post("/orders", &order).await.id();
        let line = admin.line(order, product, 1).await;
        let review = admin.post("/reviews", &json!({"rating": 4, "product_id": product})).await.id();
        Self { category, product, client, address, bill, order, line, review }
    }

    /// The id of the one in this collection.
    pub(crate) fn id(&self, collection: &str) -> i64 {
        match collection {
            "products" => self.product,
            "categories" => self.category,
            "clients" => self.client,
            "addresses" => self.address,
            "orders" => self.order,
            "order_details" => self.line,
            "bills" => self.bill,
            "reviews" => self.review,
            other => panic!("no collection {other}"),
        }
    }

    /// A body with every writable field, fit to create another one.
    pub(crate) fn body(&self, collection: &str) -> Value {
        let Self { category, product, client, address, bill, order, .. } = self;
        match collection {
            "products" => json!({
                "name": "Cup", "price": 5, "stock": 2, "category_id": category, "description": "Small",
                "image_url": "https://shop.example/cup.jpg", "image": "cup", "sku": "CUP",
            }),
            "categories" => json!({"name": "Glass", "description": "Breaks"}),
            "clients" => json!({
                "name": "Eva", "lastname": "Diaz", "email": "eva@example.com", "telephone": "0000000000",
                "password": "secret",
            }),
            "addresses" => {
                json!({"street": "San Martin", "number": "12 B", "city": "Salta", "client_id": client})
            }
            "orders" => json!({
                "date": "2026-01-15T10:30:00Z", "total": 5, "delivery_method": 1, "status": 1, "client_id": client,
                "bill_id": bill,
            }),
            "order_details" => json!({"quantity": 1, "price": 10, "order_id": order, "product_id": product}),
            "bills" => json!({
                "bill_number": "B-1", "discount": 0, "date": "2026-01-15", "total": 5, "payment_type": 1,
                "client_id": client,
            }),
            "checkout" => {
                let mut body = checkout(*client, &[(*product, 1)]);
                (body["address_id"], body["discount"]) = (json!(address), json!(0));
                body["expected_total"] = json!(10);
                body
            }
            "reviews" => json!({
                "rating": 5, "comment": "Holds its coffee", "product_id": product, "client_id": client,
            }),
            other => panic!("no collection {other}"),
        }
    }
}

/// Every row of every table, as text.
pub(crate) async fn rows(app: &App) -> String {
    let tables = RESOURCES.map(|(table, _)| table).into_iter();
    let more = ["stock_movements", "order_events", "credit_notes", "document_series", "idempotency_keys"];
    let mut all = String::new();
    for table in tables.chain(more) {
        let sql = format!("SELECT coalesce(string_agg(t::text, ' ' ORDER BY t::text), '') FROM {table} t");
        let found: String = app.client().await.query_one(&sql, &[]).await.unwrap().get(0);
        all.push_str(&found);
    }
    all
}
