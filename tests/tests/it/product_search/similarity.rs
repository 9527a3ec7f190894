//! Mistyped words.

use serde_json::json;
use stockroom_tests::App;

use super::{check_words, names, offer, search, search_with};

#[tokio::test]
async fn mistyped_words_find_the_names_they_look_like() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Copper kettle", ""), ("Enamel mug", ""), ("Beach towel", ""), ("Lavender soap", "")])
        .await;

    for (typed, name) in [
        ("kettel", "Copper kettle"),
        ("coper kettel", "Copper kettle"),
        ("enamle mug", "Enamel mug"),
        ("twoel", "Beach towel"),
        ("lavnder", "Lavender soap"),
        ("lavnde", "Lavender soap"),
        ("KETLE", "Copper kettle"),
    ] {
        let found = search(&shopper, typed).await;
        assert_eq!((names(&found), &found["matched_by"]), (vec![name], &json!("similarity")), "{typed}");
        assert_eq!(found["query"], typed);
        assert_eq!(found["total"], 1);
    }
    for nonsense in ["qqqqqq", "xyz", "zzkettlezzzz"] {
        check_words(&search(&shopper, nonsense).await, &[]);
    }
}

#[tokio::test]
async fn a_word_that_looks_like_nothing_is_left_out() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Copper kettle", ""), ("Enamel mug", "")]).await;

    assert_eq!(names(&search(&shopper, "kettel qqqqqq").await), ["Copper kettle"]);
    assert_eq!(names(&search(&shopper, "kettel enamle").await), Vec::<&str>::new());
}

#[tokio::test]
async fn words_that_are_there_are_not_taken_for_mistyped() {
    let app = App::start().await;
    let shopper = app.actor();
    let ids = offer(&shopper, &[("Kettle", ""), ("Kettles", ""), ("Nettle tea", "")]).await;

    check_words(&search(&shopper, "nettle").await, &["Nettle tea"]);
    // What a condition leaves out was typed well.
    let dear = search_with(&shopper, "nettle", &[("min_price", "500"), ("facets", "price")]).await;
    check_words(&dear, &[]);
    shopper.patch(&format!("/products/{}", ids[2]), &json!({"active": false})).await.expect(200);
    check_words(&search(&shopper, "nettle").await, &[]);
    // A word that no name has is missed, not left out, unless another one was mistyped.
    check_words(&search(&shopper, "wooden kettle").await, &[]);
}

#[tokio::test]
async fn conditions_and_highlights_hold_for_corrections_too() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Copper kettle", ""), ("Steel <kettle>", "")]).await;
    shopper.product(json!({"name": "Silver kettle", "price": 200})).await;

    let found = search_with(&shopper, "kettel", &[("min_price", "100"), ("facets", "price")]).await;
    assert_eq!(names(&found), ["Silver kettle"]);
    assert_eq!(found["facets"]["price"][2]["count"], 0);
    assert_eq!(found["facets"]["price"][1]["count"], 2);
    let found = search(&shopper, "stele kettel").await;
    assert_eq!(found["results"][0]["highlights"]["name"], "<mark>Steel</mark> &lt;<mark>kettle</mark>&gt;");
}
