//! Which words find what.

use stockroom_tests::App;

use super::{check_words, names, offer, search};

#[tokio::test]
async fn words_are_found_in_any_form_of_the_language() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(
        &shopper,
        &[("Running shoes", ""), ("Teapot", "For those who run late"), ("Box", "Holds many glasses")],
    )
    .await;

    check_words(&search(&shopper, "shoe").await, &["Running shoes"]);
    check_words(&search(&shopper, "runs").await, &["Running shoes", "Teapot"]);
    check_words(&search(&shopper, "GLASS").await, &["Box"]);
    check_words(&search(&shopper, "boxes holding glasses").await, &["Box"]);
    check_words(&search(&shopper, "shoes for running").await, &["Running shoes"]);
}

#[tokio::test]
async fn all_words_must_occur_in_name_or_description() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Blue mug", "Of enamel"), ("Blue plate", ""), ("Mug", "Red")]).await;

    check_words(&search(&shopper, "mug blue").await, &["Blue mug"]);
    check_words(&search(&shopper, "enamel mug").await, &["Blue mug"]);
    check_words(&search(&shopper, "red plate").await, &[]);
}

#[tokio::test]
async fn the_last_word_may_be_unfinished() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Enamel mug", ""), ("Thermos", ""), ("Running belt", "An apron is not included")])
        .await;

    for typed in ["e", "en", "ena", "enamel", "enamel m", "enamel mu", "Enamel MUG"] {
        check_words(&search(&shopper, typed).await, &["Enamel mug"]);
    }
    // The beginning is a word that means nothing in the language, or is not a stem.
    check_words(&search(&shopper, "the").await, &["Thermos"]);
    check_words(&search(&shopper, "runnin").await, &["Running belt"]);
    check_words(&search(&shopper, "apro").await, &["Running belt"]);
    // Only the last word is.
    check_words(&search(&shopper, "ena mug").await, &[]);
}

/// More words than are looked up one by one.
#[tokio::test]
async fn a_beginning_that_many_words_have_finds_them_all() {
    let app = App::start().await;
    let many = "INSERT INTO categories (name) VALUES ('Kitchen');
        INSERT INTO products (name, description, price, stock, category_id)
        SELECT CASE WHEN n % 2 = 0 THEN 'Glow' || n ELSE 'Lamp' END, 'Made of glass' || n, 100, 0, 1
        FROM generate_series(1, 60) AS n;";
    app.client().await.batch_execute(many).await.unwrap();
    let shopper = app.actor();

    for (text, count) in
        [("glow", 30), ("glass", 60), ("gl", 60), ("lamp gl", 30), ("glow1", 5), ("of glass1", 11)]
    {
        let found = search(&shopper, text).await;
        assert_eq!((names(&found).len(), &found["matched_by"]), (count, &"words".into()), "{text}");
    }
}

#[tokio::test]
async fn punctuation_only_separates_words() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(
        &shopper,
        &[("MUG-350/b", "See a.example.com, or write to me@example.com"), ("Women's 3.5l bag", "")],
    )
    .await;

    for text in ["mug 350", "350", "mug-350", "(mug)", "example com", "me@example.com", "MUG-350/b"] {
        check_words(&search(&shopper, text).await, &["MUG-350/b"]);
    }
    for text in ["women", "womens bag", "women's", "3.5l", "5l bag"] {
        check_words(&search(&shopper, text).await, &["Women's 3.5l bag"]);
    }
}

#[tokio::test]
async fn every_alphabet_is_searched() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Édredon", ""), ("Чайник", ""), ("日本茶", ""), ("🎉 Confetti", "")]).await;

    check_words(&search(&shopper, "éDRE").await, &["Édredon"]);
    check_words(&search(&shopper, "чайник").await, &["Чайник"]);
    check_words(&search(&shopper, "日本").await, &["日本茶"]);
    check_words(&search(&shopper, "🎉").await, &["🎉 Confetti"]);
    check_words(&search(&shopper, "🎉 confetti").await, &["🎉 Confetti"]);
}

#[tokio::test]
async fn any_text_is_searched_without_a_fault() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Mug", "A mug & a 'cup'")]).await;

    for text in [
        "!",
        "'",
        "''",
        "\\",
        "&",
        "|",
        "<->",
        ":*",
        "a:*b",
        "!mug",
        "(",
        ")",
        "%",
        "_",
        "--",
        ";",
        "\"",
        "🎉",
        "\u{301}",
        "' OR 1=1; --",
        "\\' & mug",
        "mug:A",
        "mug <2> cup",
        "\u{200b}",
        "\u{e000}\u{e001}",
        "\u{fffd}",
        "²",
        "٣",
        "ß",
        "İ",
        "ก็",
        "क्षि",
        "a\tb",
        "\u{10ffff}",
    ] {
        let found = search(&shopper, text).await;
        assert!(found["total"].as_i64().unwrap() <= 1, "{text}: {found}");
    }
    let words = "word ".repeat(40);
    for text in [&"x".repeat(200), &"🎉".repeat(200), &"日".repeat(200), &"a ".repeat(100), &words] {
        assert!(names(&search(&shopper, text.trim()).await).is_empty(), "{text}");
    }
    // Signs of the query language mean nothing.
    for text in ["mug & !cup", "mug | teapot' cup", "mug:*", "'mug'", "cup) mug"] {
        let found = search(&shopper, text).await;
        assert_eq!(names(&found).len(), usize::from(!text.contains("teapot")), "{text}");
    }
}

#[tokio::test]
async fn nothing_found_is_an_empty_answer() {
    let app = App::start().await;
    let shopper = app.actor();

    check_words(&search(&shopper, "mug").await, &[]);
    offer(&shopper, &[("Teapot", "")]).await;
    check_words(&search(&shopper, "lawnmower").await, &[]);
}
