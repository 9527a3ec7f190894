//! Bills that the shop has issued: they, and what they say of their order, are final. And the numbers of their series,
//! which nobody else may give.

use serde_json::{Value, json};
use stockroom_tests::{Actor, Answer, App};

/// An order placed by a checkout, with two lines of one product.
struct Issued {
    placed: Value,
    order: String,
    bill: String,
    product: i64,
}

impl Issued {
    async fn by(actor: &Actor) -> Self {
        let product = actor.product(json!({})).await;
        let placed = actor.check_out(actor.client(json!({})).await, &[(product, 2), (product, 1)]).await;
        let order = format!("/orders/{}", placed["id_key"]);
        let bill = format!("/bills/{}", placed["bill_id"]);
        Self { placed, order, bill, product }
    }

    fn line(&self) -> String {
        format!("/order_details/{}", self.placed["order_details"][0]["id_key"])
    }

    #[track_caller]
    fn expect_issued(&self, refused: &Answer) {
        let number = self.placed["bill"]["bill_number"].as_str().unwrap();
        refused.expect_problem(409, &format!("Cannot change or delete bill {number}: it is issued"));
        assert_eq!(refused.body["code"], "bill_issued");
    }

    #[track_caller]
    fn expect_final(&self, refused: &Answer) {
        let order = &self.placed["id_key"];
        let text = format!("Cannot change the lines or the total of order {order}: its bill is issued");
        refused.expect_problem(409, &text);
        assert_eq!(refused.body["code"], "bill_issued");
    }
}

#[tokio::test]
async fn an_issued_bill_cannot_be_changed_or_deleted() {
    let app = App::start().await;
    let clerk = app.actor();
    let issued = Issued::by(&clerk).await;
    let before = clerk.get(&issued.bill).await.expect(200);
    let other = clerk.client(json!({})).await;

    for change in [
        json!({"bill_number": "A-1"}),
        json!({"discount": 1}),
        json!({"date": "2020-01-01"}),
        json!({"total": 0}),
        json!({"payment_type": 1}),
        json!({"client_id": other}),
    ] {
        issued.expect_issued(&clerk.put(&issued.bill, &change).await);
        issued.expect_issued(&clerk.patch(&issued.bill, &change).await);
    }
    let text = format!("Cannot delete bill {}: bill has an associated order", issued.placed["bill_id"]);
    clerk.delete(&issued.bill).await.expect_problem(409, &text);
    assert_eq!(clerk.get(&issued.bill).await.expect(200), before);
}

#[tokio::test]
async fn an_issued_bill_put_back_as_it_was_got_stays_as_it_was() {
    let app = App::start().await;
    let clerk = app.actor();
    let issued = Issued::by(&clerk).await;
    let before = clerk.get(&issued.bill).await.expect(200);

    assert_eq!(clerk.put(&issued.bill, &before).await.expect(200), before);
    assert_eq!(clerk.put(&issued.bill, &json!({})).await.expect(200), before);
    assert_eq!(clerk.patch(&issued.bill, &json!({})).await.expect(200), before);
    let same = json!({"total": before["total"], "bill_number": before["bill_number"]});
    assert_eq!(clerk.patch(&issued.bill, &same).await.expect(200), before);
}

#[tokio::test]
async fn the_database_itself_keeps_issued_bills_as_they_are() {
    let app = App::start().await;
    let clerk = app.actor();
    let issued = Issued::by(&clerk).await;
    let number = issued.placed["bill"]["bill_number"].as_str().unwrap();
    let script = app.client().await;
    for (forbidden, kind) in [
        ("UPDATE bills SET total = 1, subtotal = 1", "UPDATE"),
        ("UPDATE bills SET payment_type = 1", "UPDATE"),
        (
            "UPDATE bills SET series = NULL, series_number = NULL, subtotal = NULL, bill_number = 'A'",
            "UPDATE",
        ),
        ("DELETE FROM bills", "DELETE"),
    ] {
        let refused = script.batch_execute(forbidden).await.unwrap_err();
        let refused = refused.as_db_error().unwrap();
        assert_eq!(refused.code().code(), "23001", "{forbidden}");
        assert_eq!(refused.message(), format!("bill {number} is issued: {kind} is not allowed"));
    }
    script.batch_execute("UPDATE bills SET total = total").await.unwrap();

    // A number belongs to its series, and a total is what its parts make.
    let client = &issued.placed["client_id"];
    for (number, issue, constraint) in [
        ("B-2026-000004", "'B-2026', 5, 5", "bills_issued_number"),
        ("B-2026-5", "'B-2026', 5, 5", "bills_issued_number"),
        ("B-2026-000005", "'B-2026', 5, 6", "bills_issued_total"),
        ("A-1", "NULL, NULL, 5", "bills_issued_whole"),
        ("A-1", "'B-2026', NULL, 5", "bills_issued_whole"),
        ("B-2026-000005", "NULL, NULL, NULL", "bills_number_not_reserved"),
    ] {
        let statement = format!(
            "INSERT INTO bills (bill_number, discount, date, total, payment_type, client_id, \
                                series, series_number, subtotal) \
             VALUES ('{number}', 1, '2026-01-15', 4, 1, {client}, {issue})",
        );
        let refused = script.batch_execute(&statement).await.unwrap_err();
        assert_eq!(refused.as_db_error().unwrap().constraint(), Some(constraint), "{statement}");
    }
}

#[tokio::test]
async fn an_order_whose_bill_is_issued_cannot_be_deleted() {
    let app = App::start().await;
    let clerk = app.actor();
    let issued = Issued::by(&clerk).await;
    let text = format!(
        "Cannot delete order {}: its bill is issued. Consider cancelling it instead.",
        issued.placed["id_key"]
    );
    for status in ["PENDING", "CANCELED"] {
        clerk.put(&issued.order, &json!({"status": status})).await.expect(200);
        let refused = clerk.delete(&issued.order).await;
        refused.expect_problem(409, &text);
        assert_eq!(refused.body["code"], "bill_issued");
    }
    clerk.delete(&format!("/clients/{}", issued.placed["client_id"])).await.expect(409);
    clerk.delete(&format!("/products/{}", issued.product)).await.expect(409);
    assert_eq!(clerk.stock(issued.product).await, 10);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn the_lines_of_an_order_whose_bill_is_issued_are_final() {
    let app = App::start().await;
    let clerk = app.actor();
    let issued = Issued::by(&clerk).await;
    let before = clerk.get(&issued.order).await.expect(200);
    let (open, pot) = (clerk.order(json!({})).await, clerk.product(json!({})).await);
    let elsewhere = clerk.line(open, issued.product, 1).await;

    let line = json!({"order_id": issued.placed["id_key"], "product_id": pot, "quantity": 1});
    issued.expect_final(&clerk.post("/order_details", &line).await);
    for change in [
        json!({"quantity": 1}),
        json!({"price": 9.99}),
        json!({"product_id": pot}),
        json!({"order_id": open}),
    ] {
        issued.expect_final(&clerk.put(&issued.line(), &change).await);
        issued.expect_final(&clerk.patch(&issued.line(), &change).await);
    }
    issued.expect_final(&clerk.delete(&issued.line()).await);
    let moved = json!({"order_id": issued.placed["id_key"]});
    issued.expect_final(&clerk.put(&format!("/order_details/{elsewhere}"), &moved).await);

    // A whole line put back is no change.
    let shown = clerk.get(&issued.line()).await.expect(200);
    assert_eq!(clerk.put(&issued.line(), &shown).await.expect(200), shown);
    let mut after = clerk.get(&issued.order).await.expect(200);
    for at in [0, 1] {
        after["order_details"][at]["product"]["stock"] = json!(7);
    }
    assert_eq!(after, before);
    assert_eq!((clerk.stock(issued.product).await, clerk.stock(pot).await), (6, 10));
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn the_lines_of_a_cancelled_order_whose_bill_is_issued_stay_too() {
    let app = App::start().await;
    let clerk = app.actor();
    let issued = Issued::by(&clerk).await;
    clerk.post(&format!("{}/cancel", issued.order), &json!(null)).await.expect(200);

    issued.expect_final(&clerk.delete(&issued.line()).await);
    let text = format!("Cannot change the lines of order {}: order is CANCELED", issued.placed["id_key"]);
    clerk.put(&issued.line(), &json!({"quantity": 1})).await.expect_problem(400, &text);

    assert_eq!(clerk.stock(issued.product).await, 10);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn an_order_whose_bill_is_issued_keeps_what_the_bill_says() {
    let app = App::start().await;
    let clerk = app.actor();
    let issued = Issued::by(&clerk).await;
    let mut expected = clerk.get(&issued.order).await.expect(200);
    let client = clerk.client(json!({})).await;
    let bill = clerk.bill(client, json!({})).await;
    for change in [
        json!({"total": 30.01}),
        json!({"client_id": client}),
        json!({"bill_id": bill}),
        json!({"bill_id": 999}),
    ] {
        issued.expect_final(&clerk.put(&issued.order, &change).await);
        issued.expect_final(&clerk.patch(&issued.order, &change).await);
    }
    assert_eq!(clerk.put(&issued.order, &expected).await.expect(200), expected);

    let change =
        json!({"status": "IN_PROGRESS", "date": "2026-03-01T12:00:00Z", "delivery_method": 1, "total": 30});
    let shown = clerk.put(&issued.order, &change).await.expect(200);
    (expected["status"], expected["delivery_method"]) = (json!(2), json!(1));
    expected["date"] = json!("2026-03-01T12:00:00Z");
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn another_order_may_not_take_an_issued_bill_away() {
    let app = App::start().await;
    let clerk = app.actor();
    let issued = Issued::by(&clerk).await;
    let shown = clerk.get(&issued.bill).await.expect(200);
    let (client, bill) = (&issued.placed["client_id"], &issued.placed["bill_id"]);
    let text = format!("Bill {bill} is issued for another order");

    let another = json!({"total": 1, "delivery_method": 1, "client_id": client, "bill_id": bill});
    clerk.post("/orders", &another).await.expect_problem(409, &text);
    let contract = format!("/orders/{}", clerk.order(json!({})).await);
    clerk.put(&contract, &json!({"bill_id": bill})).await.expect_problem(409, &text);
    clerk.patch(&contract, &json!({"bill_id": bill})).await.expect_problem(409, &text);

    assert_eq!(clerk.get(&issued.bill).await.expect(200), shown);
}

#[tokio::test]
async fn numbers_of_the_shops_own_series_are_not_given_by_clients() {
    let app = App::start().await;
    let clerk = app.actor();
    let client = clerk.client(json!({})).await;
    let bill = format!("/bills/{}", clerk.bill(client, json!({})).await);
    let body = |number: &str| json!({"bill_number": number, "date": "2026-01-15", "total": 1, "payment_type": 1, "client_id": client});
    for reserved in ["B-2026-000001", "C-2026-000001", "B-1999-123456", "B-2026-1234567", "C-0000-000000"] {
        let text = format!("Bill number {reserved} exists in, or is reserved for, the shop's own series");
        let change = json!({"bill_number": reserved});
        for refused in [
            clerk.post("/bills", &body(reserved)).await,
            clerk.put(&bill, &change).await,
            clerk.patch(&bill, &change).await,
        ] {
            refused.expect_problem(409, &text);
            assert_eq!(refused.body["code"], "bill_number_reserved");
        }
    }
    for free in
        ["B-2026-00001", "B-26-000001", "b-2026-000001", "A-2026-000001", "B-2026-000001x", "B-1", "C"]
    {
        clerk.post("/bills", &body(free)).await.expect(201);
    }
    clerk.put("/bills/999", &json!({"bill_number": "B-2026-000001"})).await.expect(404);

    // The first bill that the shop issues has the first number.
    let issued = Issued::by(&clerk).await;
    assert!(issued.placed["bill"]["bill_number"].as_str().unwrap().ends_with("-000001"));
}

#[tokio::test]
async fn a_number_of_the_shops_form_that_was_given_before_stays() {
    let app = App::start().await;
    let clerk = app.actor();
    let client = clerk.client(json!({})).await;
    let bill = clerk.bill(client, json!({"bill_number": "A-1"})).await;
    // As the migration leaves them: the rule is for what is written from then on.
    let given_before = "ALTER TABLE bills DISABLE TRIGGER USER; \
        UPDATE bills SET bill_number = 'B-2020-000007'; \
        ALTER TABLE bills ENABLE TRIGGER USER";
    app.client().await.batch_execute(given_before).await.unwrap();
    let path = format!("/bills/{bill}");

    let before = clerk.get(&path).await.expect(200);
    assert_eq!(before["bill_number"], "B-2020-000007");
    assert_eq!(clerk.put(&path, &before).await.expect(200), before);
    assert_eq!(clerk.put(&path, &json!({"total": 5})).await.expect(200)["total"], 5.0);
    clerk.put(&path, &json!({"bill_number": "B-2020-000008"})).await.expect(409);
    assert_eq!(clerk.patch(&path, &json!({"bill_number": "A-2"})).await.expect(200)["bill_number"], "A-2");
    clerk.put(&path, &before).await.expect(409);
}
