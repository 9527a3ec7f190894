//! How long answers are kept, and how they are forgotten.

use std::time::Duration;

use serde_json::json;
use stockroom_repository::idempotency;
use stockroom_service::CheckoutSettings;
use stockroom_tests::{App, checkout};

const DAY: Duration = Duration::from_hours(24);

/// Ages the answers whose keys begin like this.
async fn age(app: &App, keys: &str, interval: &str) {
    let sql =
        "UPDATE idempotency_keys SET created_at = now() - $2::text::interval WHERE starts_with(key, $1)";
    assert!(app.client().await.execute(sql, &[&keys, &interval]).await.unwrap() > 0, "no key is like {keys}");
}

async fn fill(app: &App, keys: &str, count: i64) {
    let sql = "INSERT INTO idempotency_keys (key, operation, caller, fingerprint, answer) \
               SELECT $1 || n, 'POST /clients', 'anonymous', sha256(''), '{}' FROM generate_series(1, $2::bigint) AS n";
    app.client().await.execute(sql, &[&keys, &count]).await.unwrap();
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day_and_then_its_key_is_new() {
    let app = App::start().await;
    let ana = app.actor();
    let shop = app.shop(CheckoutSettings::default());
    let mug = ana.product(json!({})).await;
    let client = ana.client(json!({})).await;
    let (one, other) = (checkout(client, &[(mug, 1)]), checkout(client, &[(mug, 2)]));
    for key in ["old", "young"] {
        ana.post_once(key, "/checkout", &one).await.expect(201);
    }
    age(&app, "old", "24 hours 1 second").await;
    age(&app, "young", "23 hours 59 minutes").await;

    assert_eq!(shop.forget_old_answers(DAY).await.unwrap(), 1);

    ana.post_once("young", "/checkout", &other).await.expect(422);
    assert_eq!(ana.post_once("young", "/checkout", &one).await.header("idempotent-replayed"), "true");
    let anew = ana.post_once("old", "/checkout", &other).await;
    assert_eq!((anew.status.as_u16(), anew.header("idempotent-replayed")), (201, ""));
    assert_eq!(ana.stock(mug).await, 6);
    assert_eq!(shop.forget_old_answers(DAY).await.unwrap(), 0);
}

#[tokio::test]
async fn old_answers_are_forgotten_in_small_batches() {
    let app = App::start().await;
    let shop = app.shop(CheckoutSettings::default());
    fill(&app, "old-", 2500).await;
    fill(&app, "young-", 10).await;
    age(&app, "old-", "25 hours").await;
    let note = "CREATE TABLE batches (size bigint); \
                CREATE FUNCTION note_batch() RETURNS trigger LANGUAGE plpgsql AS \
                    'BEGIN INSERT INTO batches SELECT count(*) FROM gone; RETURN NULL; END'; \
                CREATE TRIGGER note_batch AFTER DELETE ON idempotency_keys REFERENCING OLD TABLE AS gone \
                    FOR EACH STATEMENT EXECUTE FUNCTION note_batch()";
    app.client().await.batch_execute(note).await.unwrap();

    assert_eq!(shop.forget_old_answers(DAY).await.unwrap(), 2500);

    assert_eq!(app.integer("SELECT count(*) FROM idempotency_keys", &[]).await, 10);
    assert_eq!(app.integer("SELECT max(size) FROM batches", &[]).await, 1000);
    assert_eq!(app.integer("SELECT sum(size)::bigint FROM batches", &[]).await, 2500);
}

#[tokio::test]
async fn a_batch_takes_the_oldest_and_waits_for_nobody() {
    let app = App::start().await;
    let mut conn = app.pool().get().await.unwrap();
    for (keys, interval) in [("a", "30 hours"), ("b", "50 hours"), ("c", "40 hours"), ("d", "1 hour")] {
        fill(&app, keys, 2).await;
        age(&app, keys, interval).await;
    }
    let mut forget =
        async |most| idempotency::delete_expired(&mut conn, DAY.as_secs_f64(), most).await.unwrap();
    let kept = async || -> String {
        let sql = "SELECT coalesce(string_agg(key, ' ' ORDER BY key), '') FROM idempotency_keys";
        app.client().await.query_one(sql, &[]).await.unwrap().get(0)
    };

    assert_eq!(forget(3).await, 3);
    assert_eq!(kept().await.split(' ').filter(|key| key.starts_with(['b', 'c'])).count(), 1);
    let being_read = app.hold("SELECT FROM idempotency_keys WHERE key = 'a1' FOR UPDATE").await;
    assert_eq!(forget(100).await, 2);
    assert_eq!(kept().await, "a1 d1 d2");
    being_read.release().await;
    assert_eq!(forget(100).await, 1);
    assert_eq!(kept().await, "d1 d2");
}
