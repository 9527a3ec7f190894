//! What requests try to write: every column of a resource's table, with a value that it does not have, in every spelling.

use serde_json::{Map, Value, json};

/// One member of a body.
pub(super) struct Field {
    pub(super) key: &'static str,
    /// The column that it means.
    pub(super) column: &'static str,
    pub(super) given: Value,
    /// What the column holds when it was written; of a password only that there is something.
    pub(super) stored: Option<Value>,
    /// Whether those may write it who may change the row at all.
    pub(super) writable: bool,
}

/// The ids of rows that fields may refer to, and a number that makes values unique.
#[derive(Debug, Clone, Copy)]
pub(super) struct References {
    pub(super) client: i64,
    pub(super) category: i64,
    pub(super) product: i64,
    pub(super) bill: i64,
    pub(super) order: i64,
    pub(super) number: usize,
}

const PAST: &str = "2001-02-03T04:05:06+00:00";

fn may(key: &'static str, given: Value) -> Field {
    Field { key, column: key, stored: Some(given.clone()), given, writable: true }
}

fn cents(key: &'static str, cents: i64) -> Field {
    let whole = cents / 100;
    Field { given: json!(format!("{whole}.{:02}", cents % 100)), ..may(key, json!(cents)) }
}

fn never(key: &'static str, given: Value) -> Field {
    Field { writable: false, ..may(key, given) }
}

/// Every column of a table as a member of a body, and whatever else might mean one.
pub(super) fn of(table: &str, to: References) -> Vec<Field> {
    let n = to.number;
    let text = |what: &str| json!(format!("{what} {n}"));
    let own = match table {
        "categories" => vec![may("name", text("Category changed")), may("description", text("Described"))],
        "products" => vec![
            may("name", text("Product changed")),
            cents("price", 1234),
            may("stock", json!(1000 + n)),
            may("category_id", json!(to.category)),
            may("description", text("Described")),
            may("image_url", json!(format!("https://example.com/{n}.png"))),
            may("image", json!(format!("{n}.png"))),
            may("sku", json!(format!("SKU-{n}"))),
            may("active", json!(false)),
            never("rating_count", json!(77)),
            never("rating_sum", json!(77_000)),
            never("rating_average", json!(4.5)),
            never("rating", json!({"average": 4.5, "count": 77})),
        ],
        "clients" => of_clients(n),
        "addresses" => vec![
            may("street", text("Street")),
            may("number", json!(format!("{n}"))),
            may("city", text("City")),
            may("client_id", json!(to.client)),
        ],
        "bills" => vec![
            may("bill_number", json!(format!("X-{n}"))),
            cents("discount", 150),
            may("date", json!("2001-02-03")),
            cents("total", 4321),
            may("payment_type", json!(5)),
            may("client_id", json!(to.client)),
            never("series", json!("B-2001")),
            never("series_number", json!(77)),
            never("subtotal", json!(4471)),
        ],
        "orders" => vec![
            may("date", json!(PAST)),
            cents("total", 4321),
            may("delivery_method", json!(1)),
            may("status", json!(2)),
            may("client_id", json!(to.client)),
            may("bill_id", json!(to.bill)),
            never("checked_out", json!(true)),
            never("address_street", text("Street")),
            never("address_number", json!("7")),
            never("address_city", text("City")),
            never("address", json!({"street": "Street", "number": "7", "city": "City"})),
            never("credit_note", json!({"total": 1})),
        ],
        "order_details" => vec![
            may("quantity", json!(3)),
            cents("price", 1200),
            may("order_id", json!(to.order)),
            may("product_id", json!(to.product)),
        ],
        "reviews" => vec![
            may("rating", json!(2.5)),
            may("comment", text("A comment that was changed")),
            may("product_id", json!(to.product)),
            may("client_id", json!(to.client)),
            never("status", json!("rejected")),
            never("verified_purchase", json!(true)),
            never("one_per_client", json!(false)),
        ],
        "api_keys" => vec![
            may("name", text("Key changed")),
            may("scopes", json!(["stock:write"])),
            may("calls_per_minute", json!(7)),
            may("expires_at", json!("2099-01-01T00:00:00+00:00")),
            never("prefix", json!("sk_live_chosen00")),
            never("key_hash", json!(format!("\\x{:064}", n))),
            never("created_by", json!("admin:1")),
            never("last_used_at", json!(PAST)),
            never("revoked_at", json!(PAST)),
        ],
        other => panic!("{other} is no resource"),
    };
    let everywhere = [
        never("id", json!(999_000 + n)),
        Field { column: "id", ..never("id_key", json!(998_000 + n)) },
        never("created_at", json!(PAST)),
        never("updated_at", json!(PAST)),
    ];
    own.into_iter().chain(everywhere).collect()
}

fn of_clients(n: usize) -> Vec<Field> {
    let text = |what: &str| json!(format!("{what} {n}"));
    vec![
        may("name", text("Name")),
        may("lastname", text("Lastname")),
        may("email", json!(format!("changed{n}@example.com"))),
        may("telephone", json!(format!("{:010}", 1_000_000 + n))),
        Field {
            column: "password_hash",
            stored: None,
            ..may("password", json!(format!("another password {n}")))
        },
        never("password_hash", json!("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g")),
        never("is_admin", json!(true)),
        never("role", json!("admin")),
        never("external_number", text("External")),
        never("erased_at", json!(PAST)),
    ]
}

/// How the names of fields are written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Spelling {
    AsKnown,
    Camel,
    Pascal,
    Kebab,
    Upper,
    Dotted,
    Bracketed,
    Padded,
    Escaped,
    Nested(&'static str),
    Listed,
    Twice,
}

pub(super) const STRANGE: [Spelling; 15] = [
    Spelling::Camel,
    Spelling::Pascal,
    Spelling::Kebab,
    Spelling::Upper,
    Spelling::Dotted,
    Spelling::Bracketed,
    Spelling::Padded,
    Spelling::Escaped,
    Spelling::Nested("client"),
    Spelling::Nested("data"),
    Spelling::Nested("attributes"),
    Spelling::Nested("__proto__"),
    Spelling::Nested("constructor"),
    Spelling::Listed,
    Spelling::Twice,
];

impl Spelling {
    /// The members of a body, as JSON text without the braces around it. Strangely written, no member means a column that
    /// may be written.
    pub(super) fn members(self, table: &str, fields: &[Field]) -> String {
        let member = |name: &str, value: &Value| format!("{}:{value}", Value::from(name));
        let all: Map<String, Value> =
            fields.iter().map(|field| (field.key.to_owned(), field.given.clone())).collect();
        let spelled = |name: &dyn Fn(&str) -> String| {
            let fields = fields.iter().map(|field| (name(field.key), field));
            let strange = fields.filter(|(name, field)| name != field.key);
            strange.map(|(name, field)| member(&name, &field.given)).collect::<Vec<_>>().join(",")
        };
        match self {
            Self::AsKnown => {
                fields.iter().map(|field| member(field.key, &field.given)).collect::<Vec<_>>().join(",")
            }
            Self::Camel => spelled(&|key| pascal(key, false)),
            Self::Pascal => spelled(&|key| pascal(key, true)),
            Self::Kebab => spelled(&|key| key.replace('_', "-")),
            Self::Upper => spelled(&str::to_uppercase),
            Self::Dotted => spelled(&|key| format!("{table}.{key}")),
            Self::Bracketed => spelled(&|key| format!("{}[{key}]", table.trim_end_matches('s'))),
            Self::Padded => spelled(&|key| format!(" {key}\u{200b}")),
            // The same name for JSON, so it means what it says: only what is protected.
            Self::Escaped => protected(fields)
                .map(|field| {
                    let letters = field.key.chars().map(|letter| format!("{:04x}", u32::from(letter)));
                    let escaped = letters.collect::<Vec<_>>().join("\\u");
                    format!("\"\\u{escaped}\":{}", field.given)
                })
                .collect::<Vec<_>>()
                .join(","),
            Self::Nested("constructor") => member("constructor", &json!({"prototype": all})),
            Self::Nested(name) => member(name, &Value::Object(all)),
            Self::Listed => member(table, &json!([all])),
            Self::Twice => protected(fields)
                .flat_map(|field| [member(field.key, &Value::Null), member(field.key, &field.given)])
                .collect::<Vec<_>>()
                .join(","),
        }
    }
}

fn protected(fields: &[Field]) -> impl Iterator<Item = &Field> {
    fields.iter().filter(|field| !field.writable)
}

fn pascal(key: &str, mut upper: bool) -> String {
    let mut spelled = String::new();
    for letter in key.chars() {
        if letter == '_' {
            upper = true;
        } else {
            spelled.extend(upper.then(|| letter.to_ascii_uppercase()).or(Some(letter)));
            upper = false;
        }
    }
    spelled
}
