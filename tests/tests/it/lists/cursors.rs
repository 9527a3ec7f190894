//! What `after` takes: a cursor that the same list gave, and nothing else.

use serde_json::json;
use stockroom_domain::{Key, ListOrder, ProductSort};
use stockroom_input::Cursor;
use stockroom_tests::{Answer, App};

use super::{cursor, fill, ids, next};
use crate::stocked::{RESOURCES, Stocked};

#[track_caller]
fn check_refused(answer: &Answer, reason: &str) {
    answer.expect_invalid(&["query.after"]);
    let message = answer.body["detail"][0]["msg"].as_str().unwrap();
    assert!(message.contains(reason), "{message}");
}

#[tokio::test]
async fn a_cursor_that_was_changed_cut_off_or_made_up_is_refused() {
    let app = App::start().await;
    let reader = app.actor();
    let shop = Stocked::by(&reader).await;
    fill(&app, &shop).await;

    for list in RESOURCES.map(|(list, _)| list).into_iter().chain(["products/filter"]) {
        let cursor = cursor(&reader.get(&format!("/{list}?limit=3")).await);
        for place in [0, 1, 2, 12, cursor.len() / 2, cursor.len() - 1] {
            let mut changed = cursor.clone();
            let other = if &cursor[place..=place] == "A" { "B" } else { "A" };
            changed.replace_range(place..=place, other);
            reader.get(&format!("/{list}?after={changed}")).await.expect_invalid(&["query.after"]);
        }
        let cut = &cursor[..cursor.len() - 4];
        reader.get(&format!("/{list}?after={cut}")).await.expect_invalid(&["query.after"]);
        check_refused(&reader.get(&format!("/{list}?after={cursor}%3D")).await, "is not base64url");
        for garbage in ["", "7", "null", "garbage", "%F0%9F%8D%B5", "' OR 1=1", "-", "AAAAAAAAAAAAAAAA"] {
            reader.get(&format!("/{list}?after={garbage}")).await.expect_invalid(&["query.after"]);
        }
        let long = "A".repeat(5000);
        check_refused(&reader.get(&format!("/{list}?after={long}")).await, "more than 2048 characters");
        reader.get(&format!("/{list}?after={cursor}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_or_sort_is_refused() {
    let app = App::start().await;
    let reader = app.actor();
    let shop = Stocked::by(&reader).await;
    fill(&app, &shop).await;
    let sorts = ["newest", "price_asc", "price_desc", "name_asc", "name_desc"];
    let plain = RESOURCES.map(|(list, _)| format!("/{list}?limit=3"));
    let lists = sorts.map(|sort| format!("/products/filter?limit=3&sort_by={sort}"));
    let lists: Vec<_> = plain.into_iter().chain(lists).collect();

    let mut cursors = Vec::new();
    for list in &lists {
        cursors.push(cursor(&reader.get(list).await));
    }
    for (asked, list) in lists.iter().enumerate() {
        for (from, cursor) in cursors.iter().enumerate() {
            let answer = reader.get(&format!("{list}&after={cursor}")).await;
            if asked == from {
                answer.expect(200);
            } else {
                let reason =
                    if asked.min(from) >= RESOURCES.len() { "is of the sort" } else { "is of the list" };
                check_refused(&answer, reason);
            }
        }
    }
    // Other words for the same sort, and other filters, change nothing of the order.
    let (newest, by_name) = (&cursors[8], &cursors[11]);
    for fine in
        [format!("sort_by=name&after={by_name}"), format!("sort_by=name_asc&search=m&after={by_name}")]
    {
        reader.get(&format!("/products/filter?{fine}")).await.expect(200);
    }
    for fine in [format!("after={newest}"), format!("sort_by=anything&after={newest}")] {
        reader.get(&format!("/products/filter?{fine}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_forged_cursor_is_answered_like_any_other_input() {
    let app = App::start().await;
    let reader = app.actor();
    let mug = reader.product(json!({"name": "Mug", "price": 10})).await;
    let path = |sort: &str, cursor: &Cursor| format!("/products/filter?sort_by={sort}&after={cursor}");
    let at = |sort: ProductSort, key| Cursor::new(sort.list_order(), key);

    for (id, found) in [(i64::MIN, true), (-1, true), (mug, false), (i64::MAX, false)] {
        let after = Cursor::from(ListOrder::PRODUCTS.at_id(id));
        let shown = ids(reader.get(&format!("/products?after={after}")).await.expect(200));
        assert_eq!(shown == [mug], found, "{id}");
    }
    for (price, found) in [(i64::MIN, true), (0, true), (1000, false), (i64::MAX, false)] {
        let after = at(ProductSort::PriceAscending, Key::Number(price, i64::MAX));
        let shown = ids(reader.get(&path("price_asc", &after)).await.expect(200));
        assert_eq!(shown == [mug], found, "{price}");
    }
    for (name, found) in [("", true), ("MU", true), ("\u{10ffff}' \\", false), ("mUG", false)] {
        let after = at(ProductSort::NameAscending, Key::Text(name.to_owned(), i64::MAX));
        let shown = ids(reader.get(&path("name", &after)).await.expect(200));
        assert_eq!(shown == [mug], found, "{name}");
    }
    let nul = at(ProductSort::NameAscending, Key::Text("a\0".to_owned(), 1));
    check_refused(&reader.get(&path("name", &nul)).await, "a NUL character");
    let odd = at(ProductSort::PriceAscending, Key::Text("a".to_owned(), 1));
    check_refused(&reader.get(&path("price_asc", &odd)).await, "a key of another kind");
}

#[tokio::test]
async fn a_page_begins_at_a_cursor_or_after_skipped_rows_and_not_both() {
    let app = App::start().await;
    let reader = app.actor();
    let shop = Stocked::by(&reader).await;
    fill(&app, &shop).await;

    for list in RESOURCES.map(|(list, _)| list).into_iter().chain(["products/filter"]) {
        let after = cursor(&reader.get(&format!("/{list}?limit=3")).await);
        let both = reader.get(&format!("/{list}?after={after}&skip=1")).await;
        both.expect_invalid(&["query.skip", "query.after"]);
        for (place, word) in [(0, "`after`"), (1, "`skip`")] {
            assert!(both.body["detail"][place]["msg"].as_str().unwrap().contains(word), "{}", both.text);
        }
        reader.get(&format!("/{list}?after={after}&skip=0")).await.expect(200);
    }
}

#[tokio::test]
async fn more_rows_than_the_maximum_are_not_skipped_but_reached_with_a_cursor() {
    let app = App::start().await;
    let reader = app.actor();
    for list in RESOURCES.map(|(list, _)| list).into_iter().chain(["products/filter"]) {
        reader.get(&format!("/{list}?skip=100000")).await.expect(200);
        let deep = reader.get(&format!("/{list}?skip=100001")).await;
        deep.expect_invalid(&["query.skip"]);
        let message = deep.body["detail"][0]["msg"].as_str().unwrap();
        assert!(message.contains("less than or equal to 100000"), "{message}");
        assert!(message.contains("`after`, which goes to any depth"), "{message}");
        assert_eq!(deep.body["detail"][0]["input"], 100_001);
    }
}

#[tokio::test]
async fn the_row_that_a_cursor_names_may_be_gone() {
    let app = App::start().await;
    let shop = app.actor();
    let category = shop.category().await;
    for (name, price) in [("b", 2), ("B", 2), ("a", 1), ("c", 3), ("b", 2), ("A", 1), ("C", 3)] {
        shop.product(json!({"name": name, "price": price, "category_id": category})).await;
    }

    let sorts = ["newest", "price_asc", "price_desc", "name", "name_desc"];
    let filtered = sorts.map(|sort| format!("/products/filter?sort_by={sort}&limit=2"));
    for list in ["/products?limit=2".to_owned()].into_iter().chain(filtered) {
        let first = shop.get(&list).await;
        let (path, _) = list.split_once('?').unwrap();
        let link = next(&first).unwrap();
        let second = ids(shop.get(&format!("{path}{link}")).await.expect(200));
        let gone = ids(first.expect(200))[1];
        app.client().await.execute("DELETE FROM products WHERE id = $1", &[&gone]).await.unwrap();
        assert_eq!(ids(shop.get(&format!("{path}{link}")).await.expect(200)), second, "{list}");
        let again = json!({"name": "b", "price": 2, "category_id": category});
        shop.product(again).await;
    }
}
