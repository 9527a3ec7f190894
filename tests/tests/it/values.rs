//! The forms that values may take in requests, and the one form that they have in answers.

use serde_json::{Value, json};
use stockroom_tests::App;

use crate::stocked::Stocked;

#[tokio::test]
async fn enumerations_are_read_as_number_text_or_name_and_answered_as_numbers() {
    let app = App::start().await;
    let admin = app.actor();
    let shop = Stocked::by(&admin).await;
    let (order, bill) = (format!("/orders/{}", shop.order), format!("/bills/{}", shop.bill));

    for (path, field, names) in [
        (&order, "delivery_method", &["DRIVE_THRU", "ON_HAND", "HOME_DELIVERY"][..]),
        (&order, "status", &["PENDING", "IN_PROGRESS", "DELIVERED"]),
        (&bill, "payment_type", &["CASH", "CARD", "DEBIT", "CREDIT", "BANK_TRANSFER"]),
    ] {
        for (number, name) in (1..).zip(names) {
            let mixed = format!("{}{}", &name[..1], name[1..].to_lowercase());
            for form in [
                json!(number),
                json!(number.to_string()),
                json!(name),
                json!(name.to_lowercase()),
                json!(mixed),
            ] {
                let shown = admin.put(path, &json!({field: form})).await.expect(200);
                assert_eq!(shown[field], json!(number), "{field} {form}");
                assert_eq!(admin.patch(path, &json!({field: form})).await.expect(200), shown);
            }
        }
        let unknown = names.len() + 2;
        for bad in [
            json!(0),
            json!(unknown),
            json!(-1),
            json!("PIGEON"),
            json!(""),
            json!(1.5),
            json!(true),
            json!([1]),
        ] {
            let refused = admin.put(path, &json!({field: bad})).await;
            refused.expect_invalid(&[&format!("body.{field}")]);
            let sentence = refused.body["detail"][0]["msg"].as_str().unwrap().to_owned();
            assert!(names.iter().all(|name| sentence.contains(name)), "{sentence}");
        }
    }
    let other = admin.order(json!({})).await;
    let canceled = admin.put(&format!("/orders/{other}"), &json!({"status": "canceled"})).await.expect(200);
    assert_eq!(canceled["status"], 4);
}

#[tokio::test]
async fn an_order_starts_pending() {
    let app = App::start().await;
    let admin = app.actor();
    let order = admin.order(json!({"delivery_method": "on_hand"})).await;
    let shown = admin.get(&format!("/orders/{order}")).await.expect(200);
    assert_eq!((&shown["status"], &shown["delivery_method"]), (&json!(1), &json!(2)));
}

#[tokio::test]
async fn money_is_exact_to_the_cent_in_every_form() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    let path = format!("/products/{mug}");
    let price = async |body: &str| {
        let request = admin.request(reqwest::Method::PUT, &path).header("content-type", "application/json");
        admin.send(request.body(format!(r#"{{"price": {body}}}"#))).await
    };

    for (given, shown) in [
        ("12.5", "12.5"),
        (r#""12.5""#, "12.5"),
        (r#"" 3 ""#, "3.0"),
        ("3", "3.0"),
        ("0.29", "0.29"),
        ("1.10", "1.1"),
        ("1.100", "1.1"),
        ("1e2", "100.0"),
        ("19.99", "19.99"),
        ("4.35", "4.35"),
        ("1.005e3", "1005.0"),
        ("59.970000000000006", "59.97"),
        ("0.30000000000000004", "0.3"),
        ("70.35000000000001", "70.35"),
        ("8.959999999999999", "8.96"),
        ("0.01", "0.01"),
        ("999999.99", "999999.99"),
    ] {
        let answer = price(given).await;
        assert_eq!(answer.status, 200, "{given} {}", answer.text);
        assert!(answer.text.contains(&format!(r#""price":{shown},"#)), "{given} {}", answer.text);
    }
    for (given, kind) in [
        ("10.999", "decimal_max_places"),
        ("0.001", "decimal_max_places"),
        (r#""1.234""#, "decimal_max_places"),
        ("1000000", "less_than_equal"),
        ("1000000.00", "less_than_equal"),
        ("999999.999", "decimal_max_places"),
        ("1e300", "decimal_whole_digits"),
        ("99999999999999999999999999", "decimal_whole_digits"),
        ("0", "greater_than"),
        ("-0.01", "greater_than"),
        (r#""""#, "float_parsing"),
        (r#""1,50""#, "float_parsing"),
        (r#""$3""#, "float_parsing"),
        (r#""NaN""#, "float_parsing"),
        ("true", "float_type"),
        ("[1]", "float_type"),
    ] {
        let refused = price(given).await;
        refused.expect_invalid(&["body.price"]);
        assert_eq!(refused.body["detail"][0]["type"], kind, "{given}");
    }
    assert_eq!(app.integer("SELECT price FROM products", &[]).await, 99_999_999);
}

#[tokio::test]
async fn totals_and_discounts_may_be_nothing_but_not_less() {
    let app = App::start().await;
    let admin = app.actor();
    let shop = Stocked::by(&admin).await;
    let (order, bill) = (format!("/orders/{}", shop.order), format!("/bills/{}", shop.bill));

    for (path, field) in [(&order, "total"), (&bill, "total"), (&bill, "discount")] {
        for (given, shown) in
            [(json!(0), 0.0), (json!("59.970000000000006"), 59.97), (json!(1_234_567.89), 1_234_567.89)]
        {
            assert_eq!(admin.put(path, &json!({field: given})).await.expect(200)[field], shown, "{field}");
        }
        for bad in [json!(-0.01), json!("-1"), json!(0.005), json!("free"), json!(1e15)] {
            admin.put(path, &json!({field: bad})).await.expect_invalid(&[&format!("body.{field}")]);
        }
    }
}

#[tokio::test]
async fn integers_are_read_from_text_and_have_no_fraction() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({"stock": "12"})).await;
    let path = format!("/products/{mug}");
    assert_eq!(admin.stock(mug).await, 12);

    for (given, stock) in [(json!("7"), 7), (json!(" 8 "), 8), (json!(9.0), 9), (json!("10.0"), 10)] {
        assert_eq!(admin.put(&path, &json!({"stock": given})).await.expect(200)["stock"], stock, "{given}");
    }
    for bad in [json!(10.5), json!("10.5"), json!("ten"), json!(""), json!(true), json!({}), json!("1e30")] {
        admin.put(&path, &json!({"stock": bad})).await.expect_invalid(&["body.stock"]);
        admin.put(&path, &json!({"category_id": bad})).await.expect_invalid(&["body.category_id"]);
    }
    let line = json!({"order_id": admin.order(json!({})).await.to_string(), "product_id": mug.to_string(), "quantity": "2"});
    let shown = admin.post("/order_details", &line).await.expect(201);
    assert_eq!((&shown["quantity"], &shown["product_id"]), (&json!(2), &json!(mug)));
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn the_date_of_a_bill_is_a_day() {
    let app = App::start().await;
    let admin = app.actor();
    let bill = admin.bill(admin.client(json!({})).await, json!({})).await;
    let path = format!("/bills/{bill}");

    for (given, shown) in [
        ("2024-01-15", "2024-01-15"),
        ("2024-02-29T10:30:00", "2024-02-29"),
        ("2024-01-15T23:30:00-03:00", "2024-01-15"),
        ("2024-01-15T10:30:00.123Z", "2024-01-15"),
        ("2024-01-15 10:30", "2024-01-15"),
    ] {
        assert_eq!(admin.put(&path, &json!({"date": given})).await.expect(200)["date"], shown, "{given}");
    }
    for bad in [
        json!("2023-02-29"),
        json!("15/01/2024"),
        json!("today"),
        json!(""),
        json!(20_240_115),
        json!("2024-1-5"),
    ] {
        admin.put(&path, &json!({"date": bad})).await.expect_invalid(&["body.date"]);
    }
}

#[tokio::test]
async fn the_date_of_an_order_is_a_moment() {
    let app = App::start().await;
    let admin = app.actor();
    let order = admin.order(json!({})).await;
    let path = format!("/orders/{order}");
    let fresh = "SELECT count(*) FROM orders WHERE date BETWEEN now() - interval '1 minute' AND now()";
    assert_eq!(app.integer(fresh, &[]).await, 1);

    for (given, shown) in [
        ("2024-01-15T10:30:00Z", "2024-01-15T10:30:00Z"),
        ("2024-01-15T10:30:00", "2024-01-15T10:30:00Z"),
        ("2024-01-15T10:30", "2024-01-15T10:30:00Z"),
        ("2024-01-15 10:30", "2024-01-15T10:30:00Z"),
        ("2024-01-15", "2024-01-15T00:00:00Z"),
        ("2024-01-15T10:30:00-03:00", "2024-01-15T13:30:00Z"),
        ("2024-01-15T23:30+0100", "2024-01-15T22:30:00Z"),
        ("2024-01-15T10:30:05.250Z", "2024-01-15T10:30:05.250Z"),
    ] {
        let changed = admin.put(&path, &json!({"date": given})).await.expect(200);
        assert_eq!(changed["date"], shown, "{given}");
        assert_eq!(admin.put(&path, &changed).await.expect(200), changed);
    }
    for bad in [
        "2024-02-30",
        "2024-01-15T25:00",
        "noon",
        "",
        "2024-01-15T10:30:00+99:00",
        "99999-01-01",
        "0000-01-01",
    ] {
        admin.put(&path, &json!({"date": bad})).await.expect_invalid(&["body.date"]);
    }
}

#[tokio::test]
async fn an_empty_optional_text_is_absent() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    let client = admin.client(json!({"telephone": "", "password": ""})).await;

    assert_eq!(admin.get(&format!("/clients/{client}")).await.expect(200)["telephone"], Value::Null);
    let review = json!({"rating": 3, "comment": "", "product_id": mug});
    assert_eq!(admin.post("/reviews", &review).await.expect(201)["comment"], Value::Null);
    let address = json!({"street": "", "city": "", "client_id": client});
    let address = admin.post("/addresses", &address).await.expect(201);
    assert_eq!((&address["street"], &address["city"]), (&Value::Null, &Value::Null));

    let path = format!("/addresses/{}", address["id_key"]);
    let known = admin.put(&path, &json!({"street": "San Martin", "city": "Salta"})).await.expect(200);
    assert_eq!(admin.put(&path, &json!({"street": "", "city": ""})).await.expect(200), known);
    let path = format!("/clients/{client}");
    let known = admin.put(&path, &json!({"telephone": "0000000000"})).await.expect(200);
    assert_eq!(admin.put(&path, &json!({"telephone": ""})).await.expect(200), known);
    for required in ["name", "lastname", "email"] {
        admin.put(&path, &json!({required: ""})).await.expect_invalid(&[&format!("body.{required}")]);
    }
}

#[tokio::test]
async fn a_telephone_is_an_optional_plus_and_7_to_20_digits() {
    let app = App::start().await;
    let admin = app.actor();
    let path = format!("/clients/{}", admin.client(json!({})).await);

    for good in [
        "0000000000",
        "+54 11 1234-5678",
        "(011) 1234567",
        "1234567",
        "12345678901234567890",
        "+1-2-3-4-5-6-7",
    ] {
        assert_eq!(admin.put(&path, &json!({"telephone": good})).await.expect(200)["telephone"], good);
    }
    for bad in [
        json!("123456"),
        json!("123456789012345678901"),
        json!("12345x7"),
        json!("12+345678"),
        json!("++1234567"),
        json!("+"),
        json!(" "),
        json!("١٢٣٤٥٦٧"),
        json!("1234567\n"),
        json!("1234567\u{0}"),
        json!(1_234_567),
    ] {
        admin.put(&path, &json!({"telephone": bad})).await.expect_invalid(&["body.telephone"]);
        admin.patch(&path, &json!({"telephone": bad})).await.expect_invalid(&["body.telephone"]);
    }
}

#[tokio::test]
async fn an_email_belongs_to_one_client_in_any_case() {
    let app = App::start().await;
    let (ana, eva) = (app.actor(), app.actor());
    ana.client(json!({"email": "Ana.Lopez@Example.com"})).await;
    let path = format!("/clients/{}", eva.client(json!({"email": "eva@example.com"})).await);

    let text = "Duplicate entry: client with this email already exists";
    for taken in ["Ana.Lopez@Example.com", "ana.lopez@example.com", "ANA.LOPEZ@EXAMPLE.COM"] {
        let body = json!({"name": "Ana", "lastname": "Lopez", "email": taken, "password": "secret"});
        eva.post("/clients", &body).await.expect_problem(409, text);
        eva.post("/auth/register", &body).await.expect_problem(400, text);
        eva.put(&path, &json!({"email": taken})).await.expect_problem(409, text);
        eva.patch(&path, &json!({"email": taken})).await.expect_problem(409, text);
    }
    assert_eq!(
        eva.put(&path, &json!({"email": "EVA@example.com"})).await.expect(200)["email"],
        "EVA@example.com"
    );
    for bad in ["eva", "eva@", "@example.com", "e va@example.com", "eva@exa mple.com", "eva@example.com\u{0}"]
    {
        eva.put(&path, &json!({"email": bad})).await.expect_invalid(&["body.email"]);
    }
    assert_eq!(app.integer("SELECT count(*) FROM clients", &[]).await, 2);
}
