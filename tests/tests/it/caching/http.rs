//! What callers are told beside what they read: entity tags, answers without a body for who has it already, and how
//! long others may keep it (RFC 9110, 8.8.3 and 13; RFC 9111).

use reqwest::{
    Method,
    header::{HeaderName, HeaderValue},
};
use serde_json::json;
use stockroom_tests::{Answer, App};
use stockroom_web::Settings;

use super::{Probe, cached, conditional};

const READS: [&str; 7] = [
    "/products/2",
    "/products",
    "/products/filter?sort_by=name&limit=1",
    "/products?limit=1&count=exact",
    "/categories/1",
    "/categories",
    "/categories?expand=products",
];

/// A service with two products of a category, which is the first of each.
async fn stocked() -> App {
    let app = App::start().await;
    let shop = app.actor();
    Probe::new(&app).await;
    shop.product(json!({"category_id": 1})).await;
    app
}

fn tag(answer: &Answer) -> String {
    answer.header("etag").to_owned()
}

#[tokio::test]
async fn a_read_names_its_content_and_says_that_it_must_be_asked_for_again() {
    let app = stocked().await;
    let reader = app.actor();
    for path in READS {
        let first = reader.get(path).await;
        let again = reader.get(path).await;
        assert_eq!((first.status.as_u16(), first.header("x-cache-hit")), (200, "false"), "{path}");
        assert_eq!((again.status.as_u16(), again.header("x-cache-hit")), (200, "true"), "{path}");
        assert_eq!(first.text, again.text);
        for answer in [first, again] {
            let tag = tag(&answer);
            let opaque = tag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).expect("a strong tag");
            assert!(opaque.len() == 22 && opaque.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"'));
            assert_eq!(answer.header("cache-control"), "public, no-cache");
            assert_eq!(answer.header("content-type"), "application/json");
            assert_eq!(answer.headers.get_all("etag").iter().count(), 1);
        }
    }
}

#[tokio::test]
async fn the_same_content_has_the_same_tag_on_every_server() {
    let app = stocked().await;
    let (other, uncached) = (app.beside(None), app.uncached());
    let servers = [app.actor(), other.actor(), uncached.actor()];
    for path in READS {
        let tags = [servers[0].get(path).await, servers[1].get(path).await, servers[2].get(path).await];
        let tags = tags.map(|answer| tag(&answer));
        assert!(tags[0] == tags[1] && tags[1] == tags[2], "{path}: {tags:?}");
    }
    // A server that is started later knows no other.
    let before = tag(&servers[0].get("/products/2").await);
    let later = app.beside(None);
    let after = tag(&later.actor().get("/products/2").await);
    assert_eq!(before, after);
    // A change that is taken back brings the old tag back.
    let shop = app.actor();
    shop.put("/products/2", &json!({"price": 3.0})).await.expect(200);
    assert_ne!(tag(&shop.get("/products/2").await), before);
    shop.put("/products/2", &json!({"price": 10.0})).await.expect(200);
    assert_eq!(tag(&shop.get("/products/2").await), before);
}

#[tokio::test]
async fn who_has_it_already_is_sent_no_body() {
    let app = stocked().await;
    let reader = app.actor();
    for path in READS {
        let whole = cached(&reader, path).await;
        let current = tag(&whole);
        let named = [
            current.clone(),
            format!("W/{current}"),
            format!("\"other\", {current}"),
            format!("\"a,b\" ,W/{current}"),
            "*".to_owned(),
        ];
        for known in &named {
            let answer = conditional(&reader, Method::GET, path, ("if-none-match", known)).await;
            assert_eq!((answer.status.as_u16(), answer.text.as_str()), (304, ""), "{path} {known}");
            for same in ["etag", "cache-control", "vary", "link", "x-total-count", "x-cache-hit"] {
                assert_eq!(answer.header(same), whole.header(same), "{path} {known}: {same}");
            }
            assert_eq!(answer.header("content-type"), "");
            assert_ne!(answer.header("x-request-id"), "");
            assert_eq!(answer.header("access-control-allow-origin"), "*");
        }
        let bare = current.trim_matches('"').to_owned();
        for unknown in
            ["\"other\"", "", "nonsense", &bare, "\"*\"", "\"a, *, b\"", "\"a,", &format!("\"x{bare}\"")]
        {
            let answer = conditional(&reader, Method::GET, path, ("if-none-match", unknown)).await;
            assert_eq!((answer.status.as_u16(), &answer.text), (200, &whole.text), "{path} {unknown}");
        }
    }
    // Of what is gone nobody has anything.
    let gone = conditional(&reader, Method::GET, "/products/999", ("if-none-match", "*")).await;
    gone.expect_problem(404, "Product with id 999 not found");
}

#[tokio::test]
async fn tags_may_come_in_several_headers() {
    let app = stocked().await;
    let reader = app.actor();
    let current = tag(&reader.get("/products/2").await);
    let request = reader.request(Method::GET, "/products/2").header("if-none-match", "\"other\"");
    let answer = reader.send(request.header("if-none-match", &current)).await;
    assert_eq!(answer.status, 304);
    let request = reader.request(Method::PUT, "/products/2").header("if-match", "\"other\"");
    let answer = reader.send(request.header("if-match", &current).json(&json!({"price": 1.0}))).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn what_is_at_hand_is_shown_without_asking_the_database() {
    let app = stocked().await;
    let reader = app.actor();
    let mut known = Vec::new();
    for path in READS {
        known.push((path, cached(&reader, path).await));
    }
    // Whoever asked now would wait until the lock is given up, and be told 503.
    let locked = app.hold("LOCK TABLE products, categories, reviews IN ACCESS EXCLUSIVE MODE").await;
    for (path, whole) in &known {
        let answer = reader.get(path).await;
        assert_eq!((answer.status.as_u16(), &answer.text), (200, &whole.text), "{path}");
        let tag = tag(whole);
        let answer = conditional(&reader, Method::GET, path, ("if-none-match", &tag)).await;
        assert_eq!((answer.status.as_u16(), answer.header("x-cache-hit")), (304, "true"), "{path}");
    }
    locked.release().await;
    // Not even a connection is needed.
    let kill = "WITH ours AS MATERIALIZED (SELECT pid FROM pg_stat_activity WHERE datname = current_database() \
                AND application_name = 'stockroom' AND pid <> pg_backend_pid()) \
                SELECT count(*) FROM ours WHERE pg_terminate_backend(pid, 10000)";
    assert!(app.integer(kill, &[]).await > 0);
    for (path, whole) in &known {
        assert_eq!(reader.get(path).await.text, whole.text);
    }
    let connected = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                     AND application_name = 'stockroom'";
    assert_eq!(app.integer(connected, &[]).await, 0);
}

#[tokio::test]
async fn what_is_told_beside_the_rows_is_part_of_the_content() {
    let app = App::start().await;
    let shop = app.actor();
    let category = shop.category().await;
    let (plain, counted) = ("/products?limit=1", "/products?limit=1&count=exact");
    shop.product(json!({"category_id": category})).await;
    let alone = shop.get(plain).await;
    assert_eq!(alone.header("link"), "");

    shop.product(json!({"category_id": category})).await;
    let first_of_two = shop.get(plain).await;
    let of_two = shop.get(counted).await;
    shop.product(json!({"category_id": category})).await;
    let first_of_three = shop.get(plain).await;
    let of_three = shop.get(counted).await;

    assert_eq!((&alone.text, &of_two.text), (&first_of_two.text, &of_three.text));
    assert_ne!(first_of_two.header("link"), "");
    assert_ne!(tag(&alone), tag(&first_of_two), "there is a next page now");
    assert_eq!(tag(&first_of_two), tag(&first_of_three), "nothing that is shown has changed");
    assert_eq!((of_two.header("x-total-count"), of_three.header("x-total-count")), ("2", "3"));
    assert_ne!(tag(&of_two), tag(&of_three), "there are more of them");
}

#[tokio::test]
async fn caches_on_the_way_are_told_what_an_answer_depends_on() {
    let words = |answer: &Answer| -> Vec<String> {
        let values =
            answer.headers.get_all("vary").iter().map(|value| value.to_str().unwrap().to_lowercase());
        values
            .flat_map(|value| value.split(',').map(|word| word.trim().to_owned()).collect::<Vec<_>>())
            .collect()
    };
    let app = App::start().await;
    app.actor().product(json!({})).await;
    assert!(words(&app.actor().get("/products/1").await).contains(&"accept-encoding".to_owned()));

    let origins = vec!["https://shop.example".to_owned(), "https://admin.example".to_owned()];
    let settings = Settings { cors_origins: origins, ..App::open() };
    let configured = App::start_on(app.database_url().to_owned(), &settings);
    let reader = configured.actor();
    for origin in ["https://shop.example", "https://elsewhere.example", ""] {
        for known in ["\"other\"", "*"] {
            let mut request = reader.request(Method::GET, "/products/1").header("if-none-match", known);
            if !origin.is_empty() {
                request = request.header("origin", origin);
            }
            let answer = reader.send(request).await;
            let allowed = if origin == "https://shop.example" { origin } else { "" };
            assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin}");
            for word in ["accept-encoding", "origin"] {
                assert!(words(&answer).contains(&word.to_owned()), "{origin}: {word}: {:?}", words(&answer));
            }
        }
    }
}

#[tokio::test]
async fn a_head_request_is_told_all_but_the_body() {
    let app = stocked().await;
    let reader = app.actor();
    for path in READS {
        let whole = cached(&reader, path).await;
        let head = reader.send(reader.request(Method::HEAD, path)).await;
        assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""), "{path}");
        for same in ["etag", "cache-control", "vary", "link", "content-type", "content-length", "x-cache-hit"]
        {
            assert_eq!(head.header(same), whole.header(same), "{path}: {same}");
        }
        assert_eq!(head.header("content-length"), whole.text.len().to_string());
        let known = conditional(&reader, Method::HEAD, path, ("if-none-match", &tag(&whole))).await;
        assert_eq!(known.status, 304, "{path}");
    }
}

#[tokio::test]
async fn all_ways_of_asking_for_the_same_share_an_answer() {
    let app = stocked().await;
    let reader = app.actor();
    for (path, others) in [
        ("/products/2", vec!["/api/v1/products/2", "/products/2/", "/products/id/2", "/products/2?utm=x"]),
        (
            "/products",
            vec!["/api/v1/products/", "/products?", "/products?utm=x&utm=y", "/api/v1/products?utm=x"],
        ),
        (
            "/products?limit=1",
            vec![
                "/products/?limit=1",
                "/products?utm=x&limit=1",
                "/products?limit=1&",
                "/products?limit=%31",
            ],
        ),
        ("/products/filter?search=mug+cup", vec!["/api/v1/products/filter?search=mug%20cup&color=red"]),
        ("/categories", vec!["/categories/", "/api/v1/categories?utm=x"]),
        ("/categories/1", vec!["/api/v1/categories/id/1/"]),
    ] {
        let whole = reader.get(path).await;
        assert_eq!(whole.header("x-cache-hit"), "false", "{path}");
        for other in others {
            let answer = reader.get(other).await;
            assert_eq!(answer.header("x-cache-hit"), "true", "{other}");
            assert_eq!((&answer.text, tag(&answer)), (&whole.text, tag(&whole)), "{other}");
        }
    }
}

#[tokio::test]
async fn what_is_invalid_is_refused_though_the_rest_is_at_hand() {
    let app = stocked().await;
    let reader = app.actor();
    for path in ["/products", "/products?limit=1", "/categories", "/products/filter?sort_by=name"] {
        cached(&reader, path).await;
    }
    for (path, places) in [
        ("/products?limit=0", vec!["query.limit"]),
        ("/products?limit=1&limit=1", vec!["query.limit"]),
        ("/products?limit=1&skip=-1", vec!["query.skip"]),
        ("/products?expand=orders", vec!["query.expand"]),
        ("/products/filter?sort_by=name&min_price=x", vec!["query.min_price"]),
        ("/categories?count=all", vec!["query.count"]),
        ("/products/abc", vec!["path.id_key"]),
    ] {
        let refused = conditional(&reader, Method::GET, path, ("if-none-match", "*")).await;
        refused.expect_invalid(&places);
        assert_eq!((refused.header("etag"), refused.header("x-cache-hit")), ("", ""), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_has_no_tag_and_is_there_once_it_is_created() {
    let app = stocked().await;
    let shop = app.actor();
    for _ in 0..3 {
        let missing = shop.get("/products/3").await;
        missing.expect_problem(404, "Product with id 3 not found");
        for absent in ["etag", "x-cache-hit", "cache-control"] {
            assert_eq!(missing.header(absent), "", "{absent}");
        }
    }
    assert_eq!(shop.product(json!({"category_id": 1})).await, 3);
    assert_eq!(shop.get("/products/3").await.id(), 3);
}

#[tokio::test]
async fn what_cannot_be_read_as_tags_does_no_harm() {
    let app = stocked().await;
    let reader = app.actor();
    let long = format!("\"{}\"", "x".repeat(7_000));
    for value in ["\u{e9}".as_bytes(), b"\xff\xfe", b"\"", b",,,", b"W/", b"\"\"", b"**", long.as_bytes()] {
        for (method, header, status) in [
            (Method::GET, "if-none-match", 200),
            (Method::GET, "if-match", 200),
            (Method::DELETE, "if-match", 412),
        ] {
            let (name, value) = (HeaderName::from_static(header), HeaderValue::from_bytes(value).unwrap());
            let answer =
                reader.send(reader.request(method.clone(), "/products/2").header(name, value.clone())).await;
            assert_eq!(answer.status, status, "{method} {header} {value:?}: {}", answer.text);
        }
    }
}
