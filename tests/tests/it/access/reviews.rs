//! Reviews are their authors': who may write them in whose name.

use serde_json::{Value, json};
use stockroom_domain::{Permission, Role};
use stockroom_tests::App;

#[tokio::test]
async fn a_review_is_of_whoever_writes_it() {
    let app = App::guarded().await;
    let (_, keeper) = app.account(Role::Admin).await;
    let (product, other_product) = (keeper.product(json!({})).await, keeper.product(json!({})).await);
    let (mine, ana) = app.account(Role::Client).await;
    let (theirs, _) = app.account(Role::Client).await;

    let unnamed = ana.post("/reviews", &json!({"product_id": product, "rating": 4})).await.expect(201);
    assert_eq!(unnamed["client_id"], mine);
    let named = json!({"product_id": other_product, "rating": 4, "client_id": mine});
    assert_eq!(ana.post("/reviews", &named).await.expect(201)["client_id"], mine);
    for other in [theirs, 4040] {
        let refused = json!({"product_id": product, "rating": 1, "client_id": other});
        let refused = ana.post("/reviews", &refused).await;
        refused.expect_problem(404, &format!("Client with id {other} not found"));
    }
    let again = ana.post("/reviews", &json!({"product_id": product, "rating": 1})).await.expect(409);
    assert_eq!(again["code"], "duplicate");
    assert_eq!(app.integer("SELECT count(*) FROM reviews", &[]).await, 2);
}

#[tokio::test]
async fn a_review_is_handed_over_to_nobody() {
    let app = App::guarded().await;
    let (_, keeper) = app.account(Role::Admin).await;
    let product = keeper.product(json!({})).await;
    let (mine, ana) = app.account(Role::Client).await;
    let (theirs, _) = app.account(Role::Client).await;
    let path = {
        let id = ana.post("/reviews", &json!({"product_id": product, "rating": 4})).await.id();
        format!("/reviews/{id}")
    };
    let given = json!({"client_id": theirs, "rating": 1});
    let sentence = format!("Client with id {theirs} not found");
    ana.put(&path, &given).await.expect_problem(404, &sentence);
    ana.patch(&path, &given).await.expect_problem(404, &sentence);
    // Nobody's review could be changed by nobody.
    assert_eq!(ana.patch(&path, &json!({"client_id": null})).await.status, 404);
    let kept = ana.put(&path, &json!({"client_id": mine, "rating": 2})).await.expect(200);
    assert_eq!((&kept["client_id"], &kept["rating"]), (&json!(mine), &json!(2.0)));
    ana.delete(&path).await.expect(204);
}

#[tokio::test]
async fn a_review_that_is_not_shown_is_there_for_its_author_and_for_moderators() {
    let app = App::guarded().await;
    let (_, keeper) = app.account(Role::Admin).await;
    let (_, operator) = app.account(Role::Operator).await;
    let product = keeper.product(json!({})).await;
    let (_, ana) = app.account(Role::Client).await;
    let (_, eva) = app.account(Role::Client).await;
    let id = ana.post("/reviews", &json!({"product_id": product, "rating": 4})).await.id();
    let path = format!("/reviews/{id}");
    operator.put(&format!("{path}/status"), &json!({"status": "rejected"})).await.expect(200);

    let orders = app.key(&[Permission::OrdersRead]).await;
    for stranger in [&app.actor(), &eva, &orders] {
        stranger.get(&path).await.expect_problem(404, &format!("Review with id {id} not found"));
        assert_eq!(stranger.get(&format!("/reviews?product_id={product}")).await.expect(200), json!([]));
    }
    let writer = app.key(&[Permission::ReviewsWrite]).await;
    for reader in [&ana, &operator, &keeper, &writer] {
        assert_eq!(reader.get(&path).await.expect(200)["status"], "rejected");
    }
    // Its author writes it and does not decide whether it is shown.
    let changed = ana.put(&path, &json!({"rating": 5, "status": "published"})).await.expect(200);
    assert_eq!(changed["status"], "rejected");
    ana.patch(&path, &json!({"status": "published"})).await.expect_invalid(&["body.status"]);
    assert_eq!(ana.put(&format!("{path}/status"), &json!({"status": "published"})).await.status, 403);
}

#[tokio::test]
async fn who_may_write_reviews_for_others_names_them() {
    let app = App::guarded().await;
    let (_, keeper) = app.account(Role::Admin).await;
    let product = keeper.product(json!({})).await;
    let (mine, _) = app.account(Role::Client).await;
    let writer = app.key(&[Permission::ReviewsWrite]).await;
    let named = json!({"product_id": product, "rating": 4, "client_id": mine});
    assert_eq!(writer.post("/reviews", &named).await.expect(201)["client_id"], mine);
    let unnamed = writer.post("/reviews", &json!({"product_id": product, "rating": 4})).await.expect(201);
    assert_eq!(unnamed["client_id"], Value::Null);
    assert_eq!(writer.post("/reviews", &named).await.expect(409)["code"], "duplicate");
}
