//! A shop in which somebody tries to write every column of what belongs to Ana.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use stockroom_domain::{Permission, Role};
use stockroom_tests::{Actor, Answer, App, checkout};

use super::{
    super::{PASSWORD, Person},
    fields::{self, Field, References, STRANGE, Spelling},
    rows::{Database, Difference, Rows},
};

/// Who tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Nobody,
    Owner,
    OtherClient,
    Operator,
    Admin,
}

pub(super) const RESOURCES: [&str; 9] = [
    "categories",
    "products",
    "clients",
    "addresses",
    "bills",
    "orders",
    "order_details",
    "reviews",
    "api_keys",
];

/// What somebody could do.
#[derive(Debug, Default)]
pub(super) struct Done {
    /// Columns that got their value with a new row.
    pub(super) given: BTreeSet<String>,
    /// Columns of rows that were there before.
    pub(super) changed: BTreeSet<String>,
}

pub(super) struct World {
    app: App,
    database: Database,
    who: Who,
    caller: Actor,
    keeper: Actor,
    ana: Person,
    references: References,
    items: Items,
    seen: Rows,
    done: Done,
}

/// What is Ana's, and what the shop has.
struct Items {
    category: i64,
    product: i64,
    address: i64,
    bill: i64,
    order: i64,
    line: i64,
    review: i64,
    /// What nobody has ordered: a review of it, written or moved there, is of no verified purchase.
    unsold: i64,
    placed: i64,
}

impl World {
    pub(super) async fn new(who: Who) -> Self {
        let app = App::guarded().await;
        let keeper = Person::new(&app, Role::Admin, "keeper@example.com").await.actor;
        let ana = Person::new(&app, Role::Client, "ana@example.com").await;
        let caller = match who {
            Who::Nobody => app.actor(),
            Who::Owner => ana.actor.clone(),
            Who::OtherClient => Person::new(&app, Role::Client, "eva@example.com").await.actor,
            Who::Operator => Person::new(&app, Role::Operator, "olga@example.com").await.actor,
            Who::Admin => Person::new(&app, Role::Admin, "adam@example.com").await.actor,
        };
        let (category, other_category) = (keeper.category().await, keeper.category().await);
        let product = keeper.product(json!({"stock": 100, "category_id": category})).await;
        let other = json!({"stock": 100, "category_id": category, "price": 12});
        let other_product = keeper.product(other).await;
        let address = json!({"client_id": ana.id, "street": "Mayor", "number": "1", "city": "Madrid"});
        let address = keeper.post("/addresses", &address).await.id();
        let (bill, billed) = (keeper.bill(ana.id, json!({})).await, keeper.bill(ana.id, json!({})).await);
        let order = keeper.order(json!({"client_id": ana.id, "bill_id": billed})).await;
        let line = keeper.line(order, product, 1).await;
        let other_bill = keeper.bill(ana.id, json!({})).await;
        let other_order = keeper.order(json!({"client_id": ana.id, "bill_id": other_bill})).await;
        let placed = ana.actor.check_out(ana.id, &[(other_product, 1)]).await["id_key"].as_i64().unwrap();
        let (reviewed, unsold) = (keeper.product(json!({})).await, keeper.product(json!({})).await);
        let review = json!({"product_id": reviewed, "rating": 4.0, "comment": "As it was written"});
        let review = ana.actor.post("/reviews", &review).await.id();
        // The line can get the price that its product has by now.
        keeper.put(&format!("/products/{product}"), &json!({"price": 12})).await.expect(200);
        app.key(&[Permission::OrdersRead]).await;
        let references = References {
            client: keeper.client(json!({})).await,
            category: other_category,
            product: other_product,
            bill: other_bill,
            order: other_order,
            number: 0,
        };
        let database = Database::of(&app).await;
        let seen = database.rows().await;
        let items = Items { category, product, address, bill, order, line, review, unsold, placed };
        let done = Done::default();
        Self { app, database, who, caller, keeper, ana, references, items, seen, done }
    }

    /// Tries everything, and returns what could be done.
    pub(super) async fn try_everything(mut self) -> Done {
        for table in RESOURCES {
            let to = self.references;
            if table == "reviews" {
                self.references.product = self.items.unsold;
            }
            self.try_to_create(table).await;
            self.try_to_change(table).await;
            self.references = References { number: self.references.number, ..to };
        }
        self.try_the_rest().await;
        self.app.assert_ledger_adds_up().await;
        self.done
    }

    async fn try_to_create(&mut self, table: &'static str) {
        let path = format!("/{table}");
        for at in 0..self.fields(table).len() {
            let (base, field) = (self.base(table).await, self.fields(table).swap_remove(at));
            self.create(table, &path, &base, &[field]).await;
        }
        let (base, all) = (self.base(table).await, self.fields(table));
        self.create(table, &path, &base, &all).await;
        for spelling in STRANGE {
            let base = self.base(table).await;
            let members = spelling.members(table, &self.fields(table));
            let (_, difference) = self.send(Method::POST, &path, body(&base, &members)).await;
            let all = self.fields(table);
            for (_, row) in difference.inserted.iter().filter(|(name, _)| name == table) {
                for field in all.iter().filter(|field| !field.writable && field.stored.is_some()) {
                    let stored = field.stored.as_ref().unwrap().to_string();
                    assert_ne!(
                        row.get(field.column),
                        Some(&stored),
                        "{table}.{}: {spelling:?}",
                        field.column
                    );
                }
            }
        }
    }

    async fn create(&mut self, table: &str, path: &str, base: &Value, fields: &[Field]) {
        let members = Spelling::AsKnown.members(table, fields);
        let (answer, difference) = self.send(Method::POST, path, body(base, &members)).await;
        assert!(difference.deleted.is_empty(), "{path} {members} deletes {:?}", difference.deleted);
        let mine = difference.inserted.iter().find(|(name, _)| name == table || path.starts_with("/auth/"));
        let Some((name, row)) = mine else { return };
        assert_eq!(answer.status, 201, "{}", answer.text);
        for field in fields {
            let written = match (&field.stored, row.get(field.column)) {
                (Some(stored), Some(found)) => {
                    let stored = stored.to_string();
                    *found == stored
                }
                (None, Some(found)) => found != "null",
                (_, None) => false,
            };
            if written {
                self.done.given.insert(format!("{name}.{}", field.column));
            }
        }
    }

    async fn try_to_change(&mut self, table: &'static str) {
        let path = self.item(table);
        if table == "reviews" {
            // One that Ana has not reviewed meanwhile.
            self.references.product = self.keeper.product(json!({})).await;
            self.seen = self.database.rows().await;
        }
        for spelling in STRANGE {
            let members = spelling.members(table, &self.fields(table));
            let (_, difference) = self.send(Method::PUT, &path, format!("{{{members}}}")).await;
            assert_eq!(difference, Difference::default(), "PUT {path} {members}");
            let (answer, difference) = self.send(Method::PATCH, &path, format!("{{{members}}}")).await;
            assert_eq!(difference, Difference::default(), "PATCH {path} {members}");
            assert!(self.is_refused(table, &answer), "PATCH {path} {members}: {}", answer.text);
        }
        for method in [Method::PUT, Method::PATCH] {
            for at in 0..self.fields(table).len() {
                let field = self.fields(table).swap_remove(at);
                let members = Spelling::AsKnown.members(table, std::slice::from_ref(&field));
                let (answer, difference) = self.send(method.clone(), &path, format!("{{{members}}}")).await;
                let what = format!("{method} {path} {members} by {:?}: {}", self.who, answer.text);
                assert!(difference.deleted.is_empty(), "{what}");
                if !answer.status.is_success() || !field.writable {
                    assert_eq!(difference, Difference::default(), "{what}");
                }
                assert!(method == Method::PUT || field.writable || self.is_refused(table, &answer), "{what}");
            }
            let members = Spelling::AsKnown.members(table, &self.fields(table));
            let (answer, difference) = self.send(method.clone(), &path, format!("{{{members}}}")).await;
            if method == Method::PATCH || !answer.status.is_success() {
                assert_eq!(difference, Difference::default(), "{method} {path} {members}");
                assert!(method == Method::PUT || self.is_refused(table, &answer), "{}", answer.text);
            }
        }
    }

    /// What is no change of a resource by its own operations.
    async fn try_the_rest(&mut self) {
        let Items { product, review, placed, .. } = self.items;
        let others =
            json!({"price": 1, "rating": 1, "client_id": self.references.client, "id": 1, "role": "admin"});
        let (ana, bought) = (self.ana.id, self.references.product);
        let mut attempts = vec![
            (Method::PUT, format!("/products/{product}/stock"), json!({"stock": 5})),
            (Method::PUT, format!("/reviews/{review}/status"), json!({"status": "rejected"})),
            (Method::POST, format!("/orders/{placed}/cancel"), json!({})),
            (Method::DELETE, "/api_keys/1".to_owned(), json!({})),
        ];
        if matches!(self.who, Who::Nobody | Who::Owner) {
            let refresh = json!({"refresh_token": self.ana.tokens["refresh_token"]});
            let password = json!({"current_password": PASSWORD, "new_password": "another password"});
            // Whoever has the token of a session is its owner.
            if self.who == Who::Owner {
                attempts.push((Method::POST, "/auth/refresh".to_owned(), refresh));
            }
            attempts.push((Method::POST, "/auth/password".to_owned(), password));
        }
        for (method, path, wanted) in attempts {
            let mut whole = others.clone();
            whole.as_object_mut().unwrap().extend(wanted.as_object().unwrap().clone());
            self.send(method, &path, whole.to_string()).await;
        }
        let mut order = checkout(ana, &[(bought, 1)]);
        let more =
            json!({"total": 0, "checked_out": false, "status": 3, "bill_number": "X-1", "series": "B-2001"});
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.send(Method::POST, "/checkout", order.to_string()).await;
        for at in 0..self.fields("clients").len() {
            let (base, field) = (self.base("clients").await, self.fields("clients").swap_remove(at));
            self.register(&base, &[field]).await;
        }
        let (base, all) = (self.base("clients").await, self.fields("clients"));
        self.register(&base, &all).await;
        if self.who == Who::Owner {
            self.send(Method::POST, "/auth/logout", String::new()).await;
        }
    }

    async fn register(&mut self, base: &Value, fields: &[Field]) {
        let mut base = base.clone();
        base["password"] = json!("a password");
        let caller = std::mem::replace(&mut self.caller, self.app.actor());
        self.create("clients", "/auth/register", &base, fields).await;
        self.caller = caller;
    }

    /// What is there already.
    fn item(&self, table: &str) -> String {
        let Items { category, product, address, bill, order, line, review, .. } = self.items;
        let id = match table {
            "categories" => category,
            "products" => product,
            "clients" => self.ana.id,
            "addresses" => address,
            "bills" => bill,
            "orders" => order,
            "order_details" => line,
            "reviews" => review,
            _ => 1,
        };
        format!("/{table}/{id}")
    }

    fn fields(&mut self, table: &str) -> Vec<Field> {
        self.references.number += 1;
        fields::of(table, self.references)
    }

    /// The least that makes a new row, of Ana's where it is somebody's.
    async fn base(&mut self, table: &str) -> Value {
        self.references.number += 1;
        let (n, ana) = (self.references.number, self.ana.id);
        let Items { category, product, bill, order, .. } = self.items;
        match table {
            "categories" => json!({"name": format!("Category made {n}")}),
            "products" => json!({"name": "Mug", "price": 10, "category_id": category}),
            "clients" => json!({"name": "A", "lastname": "B", "email": format!("made{n}@example.com")}),
            "addresses" => json!({"client_id": ana, "city": "Here"}),
            "bills" => json!({
                "bill_number": format!("Y-{n}"), "date": "2026-01-15", "total": 20.0, "payment_type": 2,
                "client_id": ana,
            }),
            "orders" => {
                json!({"total": 20.0, "delivery_method": 3, "client_id": ana, "bill_id": bill})
            }
            "order_details" => json!({"order_id": order, "product_id": product, "quantity": 1}),
            "reviews" => {
                // One that Ana has not reviewed.
                let product = self.keeper.product(json!({"category_id": category})).await;
                self.seen = self.database.rows().await;
                json!({"product_id": product, "rating": 5.0, "client_id": ana})
            }
            _ => json!({"name": "Key", "scopes": ["orders:read"]}),
        }
    }

    async fn send(&mut self, method: Method, path: &str, body: String) -> (Answer, Difference) {
        let what = format!("{method} {path} {body}");
        let request = self.caller.request(method, path).header("content-type", "application/json").body(body);
        let answer = self.caller.send(request).await;
        assert!(answer.status.as_u16() < 500, "{what}: {}", answer.text);
        let now = self.database.rows().await;
        let mut difference = Difference::between(&self.seen, &now);
        // That an answer has shown a person is recorded, also where nothing is changed.
        difference.inserted.retain(|(table, row)| table != "audit_log" || row["action"] != "\"read\"");
        self.seen = now;
        self.done.changed.extend(difference.changed.iter().cloned());
        (answer, difference)
    }

    /// Whether a change is refused for its fields, or because of who asks before they are looked at.
    fn is_refused(&self, table: &str, answer: &Answer) -> bool {
        match answer.status.as_u16() {
            422 => true,
            405 => table == "api_keys",
            401 | 403 | 404 => self.who != Who::Admin,
            _ => false,
        }
    }
}

/// An object with these members beside its own.
fn body(base: &Value, members: &str) -> String {
    let base = base.to_string();
    let own = base.strip_suffix('}').unwrap();
    if members.is_empty() { base } else { format!("{own},{members}}}") }
}
