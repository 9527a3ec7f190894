//! The version of the schema that brought moderation, on a database with reviews: there and back.

use serde_json::json;
use stockroom_tests::App;

use super::{moderate, write};

const UP: &str = include_str!("../../../../migrations/2026-11-21-000009_review_moderation/up.sql");
const DOWN: &str = include_str!("../../../../migrations/2026-11-21-000009_review_moderation/down.sql");

#[tokio::test]
async fn reviews_that_are_there_already_are_published_counted_and_verified() {
    let app = App::start().await;
    let shop = app.actor();
    let (mug, cup) = (shop.product(json!({})).await, shop.product(json!({})).await);
    let (ana, bob) = (shop.client(json!({})).await, shop.client(json!({})).await);
    write(&shop, mug, 5).await;
    for status in ["pending", "rejected"] {
        let hidden = write(&shop, mug, 2).await;
        moderate(&shop, hidden, status).await.expect(200);
    }
    for client in [ana, bob] {
        let order = shop.check_out(client, &[(cup, 1)]).await["id_key"].clone();
        if client == bob {
            shop.post(&format!("/orders/{order}/cancel"), &json!({})).await.expect(200);
        }
    }
    let script = app.client().await;

    script.batch_execute(&format!("BEGIN; {DOWN} COMMIT;")).await.unwrap();
    let searched = "SELECT rating_count, rating_sum FROM product_search WHERE product_id = $1";
    let searched = script.query_one(searched, &[&mug]).await.unwrap();
    assert_eq!(
        (searched.get::<_, i64>(0), searched.get::<_, i64>(1)),
        (3, 9000),
        "all of them are shown now"
    );
    let write = "INSERT INTO reviews (rating, product_id, client_id) VALUES (4.5, $1, $2)";
    for (product, client) in [(cup, ana), (cup, bob), (mug, ana)] {
        script.execute(write, &[&product, &client]).await.unwrap();
    }
    script
        .batch_execute("UPDATE reviews SET rating = 1 WHERE rating = 5; DELETE FROM reviews WHERE id = 2")
        .await
        .unwrap();

    script.batch_execute(&format!("BEGIN; {UP} COMMIT;")).await.unwrap();
    app.assert_books_balance().await;
    let ratings = "SELECT rating_count * 100000 + rating_sum FROM products WHERE id = $1";
    assert_eq!(app.integer(ratings, &[&mug]).await, 307_500);
    assert_eq!(app.integer(ratings, &[&cup]).await, 209_000);
    let verified = "SELECT count(*) FROM reviews WHERE verified_purchase";
    assert_eq!(app.integer(verified, &[]).await, 1);
    let verified = format!("{verified} AND product_id = $1 AND client_id = $2");
    assert_eq!(app.integer(&verified, &[&cup, &ana]).await, 1);
    assert_eq!(app.integer("SELECT count(*) FROM reviews WHERE status = 'published'", &[]).await, 5);
}
