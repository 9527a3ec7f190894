//! Every change is seen by the next read of the server that made it, and nothing else looks different.

use stockroom_tests::{Actor, Answer, App};

use super::{
    Probe,
    cases::{self, Case},
    scene::{Scene, View},
};

fn shown(answer: &Answer) -> (u16, String, String) {
    let text = if answer.status == 200 { answer.text.clone() } else { String::new() };
    (answer.status.as_u16(), text, answer.header("etag").to_owned())
}

async fn walk(case: &Case, shop: &Actor, truth: &Actor) {
    let name = case.name;
    let scene = Scene::new(shop).await;
    let mut before = Vec::new();
    for view in View::ALL {
        let first = view.read(shop, &scene).await;
        let again = view.read(shop, &scene).await;
        let found = again.status == 200;
        assert_eq!(again.header("x-cache-hit"), if found { "true" } else { "" }, "{name}: {view:?}");
        assert_eq!(shown(&first), shown(&again), "{name}: {view:?}");
        before.push(again);
    }

    let answer = case.make(shop, &scene).await;
    assert!(answer.status.is_success(), "{name}: {} {}", answer.status, answer.text);

    for (view, before) in View::ALL.into_iter().zip(before) {
        let after = view.read(shop, &scene).await;
        assert_eq!(shown(&after), shown(&view.read(truth, &scene).await), "{name}: {view:?} is out of date");
        let differs = shown(&after) != shown(&before);
        assert_eq!(differs, case.seen_in.contains(&view), "{name}: {view:?} shows it");
        if differs {
            assert_ne!(after.header("x-cache-hit"), "true", "{name}: {view:?}");
        }
    }
}

#[tokio::test]
async fn every_change_is_seen_by_the_next_read() {
    let app = App::start().await;
    let (shop, uncached) = (app.actor(), app.uncached());
    Probe::new(&app).await;
    for case in cases::all() {
        walk(&case, &shop, &uncached.actor()).await;
    }
}
