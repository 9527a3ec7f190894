//! One review of a client for a product, where that is asked for.

use futures_util::future::join_all;
use serde_json::json;
use stockroom_domain::{ClientId, NewReview, Permissions, ProductId, Rating, Refusal};
use stockroom_service::{Caller, CheckoutSettings, Error, Idempotent, Identity, Shop};
use stockroom_tests::App;

use crate::races::deadlocks;

const TEXT: &str = "Duplicate entry: review of this client for this product already exists";

/// Writes a review that must be the only one, and tells its id.
async fn write_once(shop: &Shop, product: i64, client: Option<i64>) -> Result<i64, Error> {
    // Where callers have to say who they are, whoever may write in anybody's name.
    let shop = shop.acting_for(Caller::new(Identity::Nobody, Permissions::ALL));
    let new = NewReview {
        rating: Rating::new(4.0).unwrap(),
        comment: None,
        product_id: ProductId(product),
        client_id: client.map(ClientId),
        one_per_client: true,
    };
    let response = shop.create_review(new, Idempotent { key: None, render: |_| String::new() }).await?;
    Ok(response.row.id)
}

fn is_refused(written: &Result<i64, Error>) -> bool {
    matches!(written, Err(Error::Refused(Refusal::AlreadyReviewed)))
}

#[tokio::test]
async fn a_client_reviews_a_product_once_where_that_is_asked_for() {
    let app = App::start().await;
    let (actor, shop) = (app.actor(), app.shop(CheckoutSettings::default()));
    let (mug, cup) = (actor.product(json!({})).await, actor.product(json!({})).await);
    let (ana, bob) = (actor.client(json!({})).await, actor.client(json!({})).await);

    write_once(&shop, mug, Some(ana)).await.unwrap();

    let refused = write_once(&shop, mug, Some(ana)).await.unwrap_err();
    assert_eq!(refused.to_string(), TEXT);
    for (product, client) in [(cup, Some(ana)), (mug, Some(bob)), (mug, None), (mug, None)] {
        write_once(&shop, product, client).await.unwrap();
    }
    // Where it is not asked for, nobody minds; where it is, those count too.
    let (eve, review) = (
        actor.client(json!({})).await,
        |client: i64| json!({"rating": 1, "product_id": mug, "client_id": client}),
    );
    for client in [ana, eve, eve] {
        actor.post("/reviews", &review(client)).await.expect(201);
    }
    assert!(is_refused(&write_once(&shop, mug, Some(eve)).await));
    let missing = write_once(&shop, 999, Some(ana)).await.unwrap_err();
    assert_eq!(missing.to_string(), "Product with id 999 not found");
}

#[tokio::test]
async fn a_review_does_not_move_to_where_its_client_has_one() {
    let app = App::start().await;
    let (actor, shop) = (app.actor(), app.shop(CheckoutSettings::default()));
    let (mug, cup) = (actor.product(json!({})).await, actor.product(json!({})).await);
    let (ana, bob) = (actor.client(json!({})).await, actor.client(json!({})).await);
    let review = write_once(&shop, mug, Some(ana)).await.unwrap();
    write_once(&shop, cup, Some(ana)).await.unwrap();
    write_once(&shop, mug, Some(bob)).await.unwrap();
    let path = format!("/reviews/{review}");

    for change in [json!({"product_id": cup}), json!({"client_id": bob})] {
        let refused = actor.put(&path, &change).await;
        refused.expect_problem(409, TEXT);
        assert_eq!(refused.body["code"], "duplicate");
        actor.patch(&path, &change).await.expect_problem(409, TEXT);
    }
    actor.put(&path, &json!({"rating": 2, "product_id": mug, "client_id": ana})).await.expect(200);
    actor.put(&path, &json!({"product_id": cup, "client_id": bob})).await.expect(200);
    app.assert_books_balance().await;
}

#[tokio::test]
async fn a_script_cannot_write_a_second_one_either() {
    let app = App::start().await;
    let actor = app.actor();
    let (mug, ana) = (actor.product(json!({})).await, actor.client(json!({})).await);
    let sql = "INSERT INTO reviews (rating, product_id, client_id, one_per_client) VALUES (3, $1, $2, $3)";
    let script = app.client().await;
    for only in [true, false, false] {
        script.execute(sql, &[&mug, &ana, &only]).await.unwrap();
    }

    let refused = script.execute(sql, &[&mug, &ana, &true]).await.unwrap_err();

    assert_eq!(refused.as_db_error().unwrap().constraint(), Some("reviews_client_id_product_id_key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_that_are_written_at_once_one_is_kept() {
    let app = App::start().await;
    let (actor, shop) = (app.actor(), app.shop(CheckoutSettings::default()));
    let (mug, ana) = (actor.product(json!({})).await, actor.client(json!({})).await);

    let written = join_all((0..20).map(|_| write_once(&shop, mug, Some(ana)))).await;

    let refused = written.iter().filter(|written| is_refused(written)).count();
    assert_eq!((written.iter().filter(|written| written.is_ok()).count(), refused), (1, 19));
    assert_eq!(app.integer("SELECT rating_count FROM products WHERE id = $1", &[&mug]).await, 1);
    app.assert_books_balance().await;
    assert_eq!(deadlocks(&app).await, 0);
}
