//! `GET /audit/export`: all of it, in order, as it is read, and no further than somebody listens.

use std::pin::pin;

use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use stockroom_service::{AuditFilter, export_audit};
use stockroom_tests::App;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::fill;

#[tokio::test]
async fn ten_thousand_entries_are_exported_one_a_line_newest_first() {
    let app = App::start().await;
    fill(&app, 10_000).await;

    let exported = super::reader(&app).await.get("/audit/export").await;

    assert_eq!(exported.status, 200);
    assert_eq!(exported.header("content-type"), "application/x-ndjson");
    assert_eq!(exported.header("transfer-encoding"), "chunked");
    let lines: Vec<Value> = exported.text.lines().map(|line| line.parse().unwrap()).collect();
    let ids: Vec<i64> = lines.iter().map(|line| line["id_key"].as_i64().unwrap()).collect();
    assert_eq!(ids, (1..=10_000).rev().collect::<Vec<_>>());
    assert_eq!(lines[0]["after"], json!({"price": 10_000}));
    let shown = super::reader(&app).await.get("/audit?limit=1").await.expect(200);
    assert_eq!(shown[0], lines[0], "a line is what the list shows");
}

#[tokio::test]
async fn an_empty_export_and_that_of_whole_pages_end_properly() {
    let app = App::start().await;
    let empty = super::reader(&app).await.get("/audit/export").await;
    assert_eq!((empty.status.as_u16(), empty.text.as_str()), (200, ""));

    fill(&app, 1000).await;
    let whole = super::reader(&app).await.get("/audit/export").await;
    assert_eq!(whole.text.lines().count(), 1000);
}

#[tokio::test]
async fn the_head_of_an_export_has_no_body() {
    let app = App::start().await;
    fill(&app, 600).await;
    let actor = super::reader(&app).await;
    let head = actor.send(actor.request(Method::HEAD, "/audit/export")).await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    assert_eq!(head.header("content-type"), "application/x-ndjson");
}

/// What is read of an answer until it ends or breaks off.
async fn rest(mut stream: TcpStream, mut read: Vec<u8>) -> String {
    // A connection that is closed on the way may be told as an error, too.
    let _ = stream.read_to_end(&mut read).await;
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test]
async fn what_nobody_takes_is_not_read_and_a_failure_breaks_the_answer_off() {
    let app = App::start().await;
    // 80 MB, more than all buffers on the way hold.
    let wide = "INSERT INTO audit_log (actor, action, resource, after) \
                SELECT 'script:fill', 'update', 'products', jsonb_build_object('text', repeat('x', 2000)) \
                FROM generate_series(1, 40000)";
    app.execute(wide, &[]).await;
    let address = app.base().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let key = super::reader(&app).await;
    let request = format!("GET /audit/export HTTP/1.1\r\nHost: shop\r\nX-API-Key: {}\r\n\r\n", key.token());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut beginning = vec![0; 1000];
    stream.read_exact(&mut beginning).await.unwrap();

    app.execute("ALTER TABLE audit_log RENAME TO gone", &[]).await;

    let answer = rest(stream, beginning).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "it began well");
    let lines = answer.matches("\"id_key\"").count();
    assert!((500..40_000).contains(&lines), "{lines} were sent, and nothing was read ahead of them");
    assert!(!answer.ends_with("0\r\n\r\n"), "it is not taken for a whole answer");
}

#[tokio::test]
async fn no_connection_is_kept_between_two_pages_and_there_is_no_page_after_a_failure() {
    let app = App::start().await;
    fill(&app, 1200).await;
    let pool = app.pool();
    let mut pages = pin!(export_audit(&pool, AuditFilter::default()));

    for size in [500, 500] {
        assert_eq!(pages.next().await.unwrap().unwrap().len(), size);
        let status = pool.status();
        assert_eq!((status.size, status.available), (1, 1));
    }
    app.execute("ALTER TABLE audit_log RENAME TO gone", &[]).await;
    assert!(pages.next().await.unwrap().is_err());
    assert!(pages.next().await.is_none());
}

#[tokio::test]
async fn a_database_that_is_away_is_told_before_the_first_line() {
    let app = App::start().await;
    app.execute("ALTER TABLE audit_log RENAME TO gone", &[]).await;
    let failed = super::reader(&app).await.get("/audit/export").await;
    failed.expect_problem(500, "Internal Server Error");
}
