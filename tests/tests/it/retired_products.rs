//! Products that are no longer sold: hidden and not for sale, but not gone.

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};

async fn listed(actor: &Actor, path: &str) -> Vec<i64> {
    let rows = actor.get(path).await.expect(200);
    rows.as_array().unwrap().iter().map(|row| row["id_key"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_product_is_sold_unless_it_says_otherwise() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    let path = format!("/products/{mug}");
    assert_eq!(admin.get(&path).await.expect(200)["active"], true);

    for (given, active) in
        [(json!(false), false), (json!("true"), true), (json!(0), false), (json!(null), false)]
    {
        let shown = admin.put(&path, &json!({"active": given})).await.expect(200);
        assert_eq!(shown["active"], active, "{given}");
    }
    assert_eq!(admin.patch(&path, &json!({"active": true})).await.expect(200)["active"], true);
    for wrong in [json!("maybe"), json!([]), json!({}), json!(2)] {
        admin.put(&path, &json!({"active": wrong})).await.expect_invalid(&["body.active"]);
    }
    admin.patch(&path, &json!({"active": null})).await.expect_invalid(&["body.active"]);

    let retired = admin.product(json!({"active": false})).await;
    assert_eq!(admin.get(&format!("/products/{retired}")).await.expect(200)["active"], false);
}

#[tokio::test]
async fn what_is_no_longer_sold_is_left_out_of_lists_and_shown_on_request() {
    let app = App::start().await;
    let admin = app.actor();
    let kitchen = admin.category().await;
    let garden = admin.category().await;
    let mug = admin.product(json!({"category_id": kitchen})).await;
    let pot = admin.product(json!({"category_id": kitchen})).await;
    let before = admin.get(&format!("/products/{pot}")).await.expect(200);

    let retired = admin.patch(&format!("/products/{pot}"), &json!({"active": false})).await.expect(200);

    let mut expected = before;
    expected["active"] = json!(false);
    assert_eq!(retired, expected);
    for list in ["/products", "/products/filter"] {
        let of_kitchen = format!("{list}?category_id={kitchen}");
        for path in [list.to_owned(), of_kitchen.clone(), format!("{list}?include_inactive=false")] {
            assert_eq!(listed(&admin, &path).await, [mug], "{path}");
        }
        for path in [format!("{list}?include_inactive=true"), format!("{of_kitchen}&include_inactive=1")] {
            let mut all = listed(&admin, &path).await;
            all.sort_unstable();
            assert_eq!(all, [mug, pot], "{path}");
        }
        admin
            .get(&format!("{list}?include_inactive=maybe"))
            .await
            .expect_invalid(&["query.include_inactive"]);
    }
    assert_eq!(listed(&admin, "/products/filter?in_stock_only=true&search=mug").await, [mug]);

    let nested = |category: &Value| -> Vec<i64> {
        category["products"].as_array().unwrap().iter().map(|row| row["id_key"].as_i64().unwrap()).collect()
    };
    assert_eq!(nested(&admin.get(&format!("/categories/{kitchen}")).await.expect(200)), [mug]);
    // A list with one category is read with another statement than one with several.
    let all = admin.get("/categories?expand=products").await.expect(200);
    assert_eq!((nested(&all[0]), nested(&all[1])), (vec![mug], vec![]));
    admin.delete(&format!("/categories/{garden}")).await.expect(204);
    assert_eq!(nested(&admin.get("/categories?expand=products").await.expect(200)[0]), [mug]);
    admin.delete(&format!("/categories/{kitchen}")).await.expect(409);

    assert_eq!(admin.get(&format!("/products/{pot}")).await.expect(200), expected);
    admin.patch(&format!("/products/{pot}"), &json!({"active": true})).await.expect(200);
    assert_eq!(listed(&admin, "/products").await, [mug, pot]);
}

#[tokio::test]
async fn what_is_no_longer_sold_cannot_be_put_on_a_line_and_existing_lines_stay() {
    let app = App::start().await;
    let admin = app.actor();
    let (mug, pot) = (admin.product(json!({})).await, admin.product(json!({})).await);
    let order = admin.order(json!({})).await;
    let (of_mug, of_pot) = (admin.line(order, mug, 1).await, admin.line(order, pot, 2).await);
    admin.patch(&format!("/products/{pot}"), &json!({"active": false})).await.expect(200);
    let text = format!("Product with id {pot} not found");

    let line = json!({"order_id": order, "product_id": pot, "quantity": 1});
    admin.post("/order_details", &line).await.expect_problem(404, &text);
    let moved = json!({"product_id": pot});
    admin.put(&format!("/order_details/{of_mug}"), &moved).await.expect_problem(404, &text);
    admin.patch(&format!("/order_details/{of_mug}"), &moved).await.expect_problem(404, &text);

    // Lines that are there can be shown, changed, and deleted.
    let path = format!("/order_details/{of_pot}");
    assert_eq!(admin.get(&path).await.expect(200)["product"]["active"], false);
    assert_eq!(admin.put(&path, &json!({"quantity": 3})).await.expect(200)["quantity"], 3);
    assert_eq!(admin.stock(pot).await, 7);
    let shown = admin.get(&format!("/orders/{order}")).await.expect(200);
    assert_eq!(shown["order_details"][1]["product"]["id_key"], pot);
    admin.delete(&path).await.expect(204);
    assert_eq!(admin.stock(pot).await, 10);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn an_order_with_a_product_that_is_no_longer_sold_is_cancelled_like_any_other() {
    let app = App::start().await;
    let admin = app.actor();
    let mug = admin.product(json!({})).await;
    let order = admin.check_out(admin.client(json!({})).await, &[(mug, 4)]).await["id_key"].clone();
    admin.put(&format!("/products/{mug}"), &json!({"active": false})).await.expect(200);

    admin.post(&format!("/orders/{order}/cancel"), &json!(null)).await.expect(200);

    assert_eq!(admin.stock(mug).await, 10);
    app.assert_ledger_adds_up().await;
}
