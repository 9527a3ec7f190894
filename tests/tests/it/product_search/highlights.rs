//! Where the text matched, as HTML that cannot carry anything else.

use serde_json::{Value, json};
use stockroom_tests::{Actor, App};

use super::{offer, search};

async fn highlights(shopper: &Actor, text: &str) -> Value {
    search(shopper, text).await["results"][0]["highlights"].take()
}

#[tokio::test]
async fn what_matched_is_marked() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Running-shoe, 2 pairs", "Shoes for runners. Who runs, needs shoes!")]).await;

    assert_eq!(
        highlights(&shopper, "shoes run").await,
        json!({
            "name": "<mark>Running</mark>-<mark>shoe</mark>, 2 pairs",
            "description": "<mark>Shoes</mark> for <mark>runners</mark>. Who <mark>runs</mark>, needs <mark>shoes</mark>!",
        })
    );
    assert_eq!(
        highlights(&shopper, "runnin").await,
        json!({"name": "<mark>Running</mark>-shoe, 2 pairs", "description": null})
    );
    assert_eq!(
        highlights(&shopper, "needed").await,
        json!({
            "name": "Running-shoe, 2 pairs",
            "description": "Shoes for runners. Who runs, <mark>needs</mark> shoes!",
        })
    );
}

#[tokio::test]
async fn text_of_the_shop_cannot_bring_markup_in() {
    let app = App::start().await;
    let shopper = app.actor();
    let name = "<script>alert('mug')</script> & \"mug\" &lt; </mark>";
    let description = "<b>Mug</b> <mark>no</mark> \u{e000}private\u{e001} use \u{e001}mug\u{e000}";
    offer(&shopper, &[(name, description)]).await;

    let shown = highlights(&shopper, "mug").await;

    assert_eq!(
        shown["name"],
        "&lt;script&gt;alert(&#39;<mark>mug</mark>&#39;)&lt;/script&gt; &amp; &quot;<mark>mug</mark>&quot; &amp;lt; \
         &lt;/mark&gt;"
    );
    assert_eq!(
        shown["description"],
        "&lt;b&gt;<mark>Mug</mark>&lt;/b&gt; &lt;mark&gt;no&lt;/mark&gt; \u{e000}private\u{e001} use \
         \u{e001}<mark>mug</mark>\u{e000}"
    );
}

#[tokio::test]
async fn of_a_long_description_the_part_that_matched_is_shown() {
    let app = App::start().await;
    let shopper = app.actor();
    let long = format!(
        "{}the <i>mug</i> in the middle {}",
        "words without end ".repeat(100),
        "and so on ".repeat(9000)
    );
    offer(&shopper, &[("Plate", &long)]).await;

    let shown = highlights(&shopper, "mugs").await["description"].take();

    let shown = shown.as_str().unwrap();
    assert!(shown.contains("the &lt;i&gt;<mark>mug</mark>&lt;/i&gt; in the middle"), "{shown}");
    assert!(shown.starts_with('…') && shown.ends_with('…') && shown.chars().count() < 220, "{shown}");
    // Of a very long one the beginning is searched.
    let hidden = format!("{} teapot", "words without end ".repeat(1000));
    offer(&shopper, &[("Cup", &hidden)]).await;
    assert_eq!(search(&shopper, "teapot").await["total"], 0);
}
