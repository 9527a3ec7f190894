//! Two servers of one shop: what one of them changes, the other one shows soon.

use serde_json::json;
use stockroom_tests::{App, RedisServer};

use super::{
    Probe, cached,
    cases::{self, Case},
    scene::{Scene, View},
    until_shown,
};

/// Makes a change through one server and waits until the other one shows what the database holds.
async fn walk(case: &Case, writer: &App, other: &App, uncached: &App) {
    let (shop, reader, truth) = (writer.actor(), other.actor(), uncached.actor());
    let scene = Scene::new(&shop).await;
    for view in View::ALL {
        // The scene may still be on its way to the other server.
        let held = view.read(&truth, &scene).await;
        let path = view.path(&scene);
        until_shown(&reader, &path, |answer| {
            let hit = answer.header("x-cache-hit") == "true";
            answer.status == held.status && (held.status == 404 || (hit && answer.text == held.text))
        })
        .await;
    }

    let answer = case.make(&shop, &scene).await;
    assert!(answer.status.is_success(), "{}: {} {}", case.name, answer.status, answer.text);

    for view in View::ALL {
        let held = view.read(&truth, &scene).await;
        let is_held = |status: u16, text: &str| held.status == status && (status != 200 || held.text == text);
        let own = view.read(&shop, &scene).await;
        assert!(is_held(own.status.as_u16(), &own.text), "{}: {view:?} is out of date", case.name);
        let path = view.path(&scene);
        until_shown(&reader, &path, |answer| is_held(answer.status.as_u16(), &answer.text)).await;
    }
}

#[tokio::test]
async fn the_database_tells_the_other_server_of_every_change() {
    let app = App::start().await;
    let (other, uncached) = (app.beside(None), app.uncached());
    Probe::new(&other).await;
    for case in cases::all() {
        walk(&case, &app, &other, &uncached).await;
    }
}

#[tokio::test]
async fn redis_tells_the_other_server_of_every_change() {
    let redis = RedisServer::start();
    let app = App::start_with_redis(&redis.url()).await;
    let (other, uncached) = (app.beside(Some(&redis.url())), app.uncached());
    for case in cases::all() {
        walk(&case, &app, &other, &uncached).await;
    }
}

#[tokio::test]
async fn a_server_with_redis_hears_of_what_one_without_changes() {
    let redis = RedisServer::start();
    let app = App::start_with_redis(&redis.url()).await;
    let without = app.beside(None);
    Probe::new(&app).await;
    let path = format!("/products/{}", without.actor().product(json!({})).await);
    cached(&app.actor(), &path).await;

    without.actor().put(&path, &json!({"name": "Cup"})).await.expect(200);

    until_shown(&app.actor(), &path, |answer| answer.body["name"] == "Cup").await;
}

#[tokio::test]
async fn the_other_server_finds_in_redis_what_was_rendered_already() {
    let redis = RedisServer::start();
    let app = App::start_with_redis(&redis.url()).await;
    let path = format!("/products/{}", app.actor().product(json!({})).await);
    // Both know Redis once they have answered from it; until then each renders for itself.
    let rendered = cached(&app.actor(), &path).await;
    let other = app.beside(Some(&redis.url()));

    let found = cached(&other.actor(), &path).await;

    assert_eq!(
        (found.text, found.headers["etag"].clone()),
        (rendered.text, rendered.headers["etag"].clone())
    );
}
