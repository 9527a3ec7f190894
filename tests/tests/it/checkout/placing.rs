//! Orders that are placed: what is answered, what is shown afterwards, and what the database holds.

use serde_json::{Value, json};
use stockroom_tests::{App, checkout};

use super::{address, with};
use crate::ledger::{moved, movements};

#[tokio::test]
async fn a_whole_order_is_placed_at_once_and_answered_in_full() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"name": "Enamel mug", "sku": "MUG", "price": 12.5})).await;
    let pot = ana.product(json!({"name": "Pot", "price": 3.33, "stock": 3})).await;
    let client = ana.client(json!({})).await;
    let address = address(&ana, client).await;
    let body = with(&checkout(client, &[(mug, 2), (pot, 3)]), "address_id", json!(address));

    let placed = ana.post("/checkout", &body).await;

    let order = placed.id();
    assert_eq!(placed.header("location"), format!("/orders/{order}"));
    assert_eq!(placed.header("content-type"), "application/json");
    assert_eq!(placed.header("idempotent-replayed"), "");
    let body = placed.expect(201);
    let (date, day, bill) = (&body["date"], &body["bill"]["date"], &body["bill_id"]);
    let day_text = day.as_str().unwrap();
    assert!(date.as_str().unwrap().starts_with(day_text) && date.as_str().unwrap().ends_with('Z'), "{date}");
    let lines: Vec<_> =
        [0, 1].iter().map(|at| body["order_details"][at]["id_key"].as_i64().unwrap()).collect();
    assert!(lines[0] < lines[1]);
    assert_eq!(
        body,
        json!({
            "id_key": order, "date": date, "total": 34.99, "delivery_method": 3, "status": 1,
            "client_id": client, "bill_id": bill,
            "address": {"street": "San Martin", "number": "12 B", "city": "Salta"},
            "order_details": [
                {
                    "id_key": lines[0], "quantity": 2, "price": 12.5, "order_id": order, "product_id": mug,
                    "product": {"id_key": mug, "name": "Enamel mug", "sku": "MUG"},
                },
                {
                    "id_key": lines[1], "quantity": 3, "price": 3.33, "order_id": order, "product_id": pot,
                    "product": {"id_key": pot, "name": "Pot", "sku": null},
                },
            ],
            "bill": {
                "id_key": bill, "bill_number": format!("B-{}-000001", &day_text[..4]), "discount": 0.0,
                "date": day, "total": 34.99, "payment_type": 2, "client_id": client,
            },
        })
    );

    assert_eq!((ana.stock(mug).await, ana.stock(pot).await), (8, 0));
    assert_eq!(movements(&app, mug).await, [moved("sale", -2, lines[0])]);
    assert_eq!(movements(&app, pot).await, [moved("sale", -3, lines[1])]);
    app.assert_ledger_adds_up().await;
    let now = "SELECT count(*) FROM orders WHERE checked_out AND date BETWEEN now() - interval '1 minute' AND now()";
    assert_eq!(app.integer(now, &[]).await, 1);
    let event = "SELECT count(*) FROM order_events JOIN orders ON orders.id = order_id \
                 WHERE from_status IS NULL AND to_status = 1 AND at = date";
    assert_eq!(app.integer(event, &[]).await, 1);
}

#[tokio::test]
async fn a_placed_order_and_its_bill_are_shown_like_any_other() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"price": 12.5})).await;
    let client = ana.client(json!({})).await;
    let body = with(&checkout(client, &[(mug, 2)]), "discount", json!(5));

    let placed = ana.post("/checkout", &body).await.expect(201);

    let (order, bill) = (format!("/orders/{}", placed["id_key"]), format!("/bills/{}", placed["bill_id"]));
    let flat = |mut whole: Value, relations: &[&str]| {
        whole.as_object_mut().unwrap().retain(|key, _| !relations.contains(&&**key));
        whole
    };
    let product = ana.get(&format!("/products/{mug}")).await.expect(200);
    let product = flat(product, &["category", "reviews", "order_details"]);
    let buyer = flat(ana.get(&format!("/clients/{client}")).await.expect(200), &["addresses", "orders"]);
    let mut expected = flat(placed.clone(), &["bill"]);
    expected["client"] = buyer.clone();
    expected["order_details"][0]["product"] = product;
    assert_eq!(ana.get(&order).await.expect(200), expected);
    assert_eq!(ana.get(&format!("/orders?client_id={client}")).await.expect(200), json!([expected]));

    let mut expected = placed["bill"].clone();
    expected["client"] = buyer;
    expected["order"] = flat(placed, &["bill", "order_details"]);
    assert_eq!(ana.get(&bill).await.expect(200), expected);
    assert_eq!(ana.get("/bills").await.expect(200), json!([expected]));
    let line = ana.get("/order_details").await.expect(200);
    assert_eq!((&line[0]["price"], &line[0]["quantity"]), (&json!(12.5), &json!(2)));
}

#[tokio::test]
async fn the_prices_are_those_of_the_products_and_stay_what_they_were() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"price": 10})).await;
    let client = ana.client(json!({})).await;
    let mut cheap = checkout(client, &[(mug, 1)]);
    cheap["lines"][0]["price"] = json!(0.01);
    cheap["total"] = json!(0.01);

    let placed = ana.post("/checkout", &cheap).await.expect(201);
    ana.put(&format!("/products/{mug}"), &json!({"price": 15})).await.expect(200);
    let dearer = ana.check_out(client, &[(mug, 1)]).await;

    let amounts = |order: &Value| {
        [&order["order_details"][0]["price"], &order["total"], &order["bill"]["total"]].map(Value::as_f64)
    };
    assert_eq!(amounts(&placed), [Some(10.0); 3]);
    assert_eq!(amounts(&dearer), [Some(15.0); 3]);
    let shown = ana.get(&format!("/orders/{}", placed["id_key"])).await.expect(200);
    assert_eq!((&shown["total"], &shown["order_details"][0]["price"]), (&json!(10.0), &json!(10.0)));
}

#[tokio::test]
async fn lines_of_the_same_product_are_one_demand_and_stay_several_lines() {
    let app = App::start().await;
    let ana = app.actor();
    let (mug, pot) = (ana.product(json!({})).await, ana.product(json!({})).await);
    let client = ana.client(json!({})).await;

    let placed = ana.check_out(client, &[(mug, 4), (pot, 1), (mug, 6)]).await;

    let lines = placed["order_details"].as_array().unwrap();
    let sold: Vec<_> = lines.iter().map(|line| (&line["product_id"], &line["quantity"])).collect();
    assert_eq!(sold, [(&json!(mug), &json!(4)), (&json!(pot), &json!(1)), (&json!(mug), &json!(6))]);
    assert_eq!(placed["total"], 110.0);
    assert_eq!((ana.stock(mug).await, ana.stock(pot).await), (0, 9));
    let id = |at: usize| lines[at]["id_key"].as_i64().unwrap();
    assert_eq!(movements(&app, mug).await, [moved("sale", -4, id(0)), moved("sale", -6, id(2))]);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_discount_is_taken_off_the_bill_and_not_off_the_order() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"price": 10})).await;
    let client = ana.client(json!({})).await;
    for (discount, payable) in
        [(json!(0.01), 19.99), (json!("19.99"), 0.01), (json!(20), 0.0), (json!(0), 20.0)]
    {
        let body = with(&checkout(client, &[(mug, 2)]), "discount", discount.clone());
        let placed = ana.post("/checkout", &body).await.expect(201);
        assert_eq!(
            (&placed["total"], &placed["bill"]["total"]),
            (&json!(20.0), &json!(payable)),
            "{discount}"
        );
    }
    let sums = "SELECT count(*) FROM bills WHERE subtotal = 2000 AND total = subtotal - discount";
    assert_eq!(app.integer(sums, &[]).await, 4);
}

#[tokio::test]
async fn the_total_that_was_expected_is_the_one_to_pay() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"price": 0.1, "stock": 15})).await;
    let client = ana.client(json!({})).await;
    // A browser's sum of three times 0.1.
    for expected in [json!(0.3), json!("0.30"), json!(0.300_000_000_000_000_04), json!(null)] {
        let body = with(&checkout(client, &[(mug, 3)]), "expected_total", expected);
        ana.post("/checkout", &body).await.expect(201);
    }
    let discounted = with(&checkout(client, &[(mug, 3)]), "discount", json!(0.1));
    ana.post("/checkout", &with(&discounted, "expected_total", json!(0.2))).await.expect(201);
}

#[tokio::test]
async fn the_address_is_copied_so_that_the_order_keeps_it() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    let home = address(&ana, client).await;
    let body = with(&checkout(client, &[(mug, 1)]), "address_id", json!(home));
    let order = format!("/orders/{}", ana.post("/checkout", &body).await.id());
    let copied = json!({"street": "San Martin", "number": "12 B", "city": "Salta"});
    assert_eq!(ana.get(&order).await.expect(200)["address"], copied);

    ana.put(&format!("/addresses/{home}"), &json!({"street": "Belgrano", "city": "Jujuy"})).await.expect(200);
    assert_eq!(ana.get(&order).await.expect(200)["address"], copied);
    ana.delete(&format!("/addresses/{home}")).await.expect(204);
    assert_eq!(ana.get(&order).await.expect(200)["address"], copied);
}

#[tokio::test]
async fn an_address_that_says_little_is_shown_like_it_was_answered() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    let city = json!({"street": null, "number": null, "city": "Salta"});
    for (fields, copied) in [(json!({"city": "Salta"}), city), (json!({}), Value::Null)] {
        let address = ana.post("/addresses", &with(&fields, "client_id", json!(client))).await.id();
        let body = with(&checkout(client, &[(mug, 1)]), "address_id", json!(address));

        let placed = ana.post("/checkout", &body).await.expect(201);

        assert_eq!(placed["address"], copied);
        let shown = ana.get(&format!("/orders/{}", placed["id_key"])).await.expect(200);
        assert_eq!(shown["address"], copied);
    }
}

#[tokio::test]
async fn bills_are_numbered_one_by_one() {
    let app = App::start().await;
    let ana = app.actor();
    let mug = ana.product(json!({"stock": 2})).await;
    let client = ana.client(json!({})).await;
    for number in ["-000001", "-000002"] {
        let placed = ana.check_out(client, &[(mug, 1)]).await;
        assert!(placed["bill"]["bill_number"].as_str().unwrap().ends_with(number));
        // What is refused uses no number.
        ana.post("/checkout", &checkout(client, &[(mug, 9)])).await.expect(409);
    }
    let series = "SELECT last_number FROM document_series WHERE series LIKE 'B-%'";
    assert_eq!(app.integer(series, &[]).await, 2);
}
