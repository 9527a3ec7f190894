//! Changes whose callers or connections are gone before they are told, and changes that meet another one: what is
//! committed is shown.

use serde_json::json;
use stockroom_tests::App;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Probe, cached, until_shown};

/// Makes every commit that changes a product wait for a lock that the test holds.
const SLOW_COMMITS: &str = "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$; \
     CREATE CONSTRAINT TRIGGER wait AFTER UPDATE ON products DEFERRABLE INITIALLY DEFERRED \
     FOR EACH ROW EXECUTE FUNCTION wait()";
const HOLD: &str = "SELECT pg_advisory_xact_lock(7)";
const RENAMED: &str = "SELECT count(*) FROM products WHERE name = 'Cup'";

/// Sends a change over a connection of its own and does not wait for the answer.
async fn begin(app: &App, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.base().trim_start_matches("http://")).await.unwrap();
    let body = r#"{"name": "Cup"}"#;
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream
}

/// Ends a connection: politely, or at once, which the other end takes for a fault.
fn hang_up(stream: TcpStream, at_once: bool) {
    if at_once {
        stream.set_zero_linger().unwrap();
    }
    drop(stream);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_while_the_change_is_committed_leaves_nothing_stale() {
    for at_once in [false, true] {
        let app = App::start().await;
        let reader = app.actor();
        let path = format!("/products/{}", reader.product(json!({})).await);
        Probe::new(&app).await;
        app.client().await.batch_execute(SLOW_COMMITS).await.unwrap();
        cached(&reader, &path).await;
        let locked = app.hold(HOLD).await;
        let stream = begin(&app, &path).await;
        app.until_blocked(1).await;

        hang_up(stream, at_once);
        // Others go on reading, and it is not committed yet.
        for path in [path.as_str(), "/products", path.as_str()] {
            cached(&reader, path).await;
        }
        locked.release().await;
        app.until(RENAMED, 1).await;

        until_shown(&reader, &path, |answer| answer.body["name"] == "Cup").await;
        until_shown(&reader, "/products", |answer| answer.text.contains("\"Cup\"")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_before_the_change_is_made_leaves_nothing_stale() {
    for at_once in [false, true] {
        let app = App::start().await;
        let reader = app.actor();
        let product = reader.product(json!({})).await;
        let path = format!("/products/{product}");
        cached(&reader, &path).await;
        let locked = app.hold(&format!("SELECT FROM products WHERE id = {product} FOR UPDATE")).await;
        let stream = begin(&app, &path).await;
        app.until_blocked(1).await;

        hang_up(stream, at_once);
        cached(&reader, &path).await;
        locked.release().await;

        // Whether it is made or given up, what is shown is what there is, once nobody is at work.
        let at_work = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND application_name = 'stockroom' AND state <> 'idle'";
        app.until(at_work, 0).await;
        let name = if app.integer(RENAMED, &[]).await == 1 { "Cup" } else { "Mug" };
        until_shown(&reader, &path, |answer| answer.body["name"] == name).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_instead_of_reading_the_answer_leaves_nothing_stale() {
    let app = App::start().await;
    let reader = app.actor();
    for _ in 0..20 {
        let path = format!("/products/{}", reader.product(json!({})).await);
        cached(&reader, &path).await;
        let mut stream = begin(&app, &path).await;
        stream.read_u8().await.unwrap();
        hang_up(stream, true);
        // Its first byte was sent when all was done.
        assert_eq!(reader.get(&path).await.body["name"], "Cup");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_written_while_its_author_is_deleted_is_shown_without_one() {
    let app = App::start().await;
    let shop = app.actor();
    let (author, product) = (shop.client(json!({})).await, shop.product(json!({})).await);
    let path = format!("/products/{product}");
    Probe::new(&app).await;
    // Somebody is about to write a review; the author is deleted meanwhile, as soon as that is done.
    let writing = app.client().await;
    writing.batch_execute("BEGIN").await.unwrap();
    let review = "INSERT INTO reviews (rating, product_id, client_id) VALUES (3, $1, $2)";
    writing.execute("SET LOCAL stockroom.signals = off", &[]).await.unwrap();
    writing.execute(review, &[&product, &author]).await.unwrap();
    let deleting = tokio::spawn({
        let shop = shop.clone();
        async move { shop.delete(&format!("/clients/{author}")).await }
    });
    app.until_blocked(1).await;
    cached(&shop, &path).await;
    writing.batch_execute("COMMIT").await.unwrap();

    assert_eq!(deleting.await.unwrap().status, 204);

    let shown = shop.get(&path).await.expect(200);
    assert_eq!(
        (shown["reviews"].as_array().map(Vec::len), &shown["reviews"][0]["client_id"]),
        (Some(1), &json!(null))
    );
}
