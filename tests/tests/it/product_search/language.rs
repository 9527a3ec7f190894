//! The language that products are indexed and searched in.

use stockroom_repository::{
    product_search::{self, Language},
    transaction,
};
use stockroom_service::{LanguageError, search_in};
use stockroom_tests::App;

use super::{check_words, names, offer, search};

async fn language(app: &App) -> Language {
    product_search::get_language(&mut app.pool().get().await.unwrap()).await.unwrap()
}

#[tokio::test]
async fn another_language_is_that_of_old_and_new_products() {
    let app = App::start().await;
    let shopper = app.actor();
    offer(&shopper, &[("Große Häuser", "Gläser")]).await;
    assert!(names(&search(&shopper, "haus rot").await).is_empty());
    assert_eq!(language(&app).await, Language { name: "english".to_owned(), complete: true });

    let rebuilt = search_in(&app.pool(), "german").await.unwrap();

    assert_eq!(rebuilt, 1);
    assert_eq!(language(&app).await, Language { name: "german".to_owned(), complete: true });
    check_words(&search(&shopper, "groß haus").await, &["Große Häuser"]);
    check_words(&search(&shopper, "gla").await, &["Große Häuser"]);
    offer(&shopper, &[("Kleines Haus", "")]).await;
    check_words(&search(&shopper, "häuser klein").await, &["Kleines Haus"]);
    assert_eq!(search_in(&app.pool(), "german").await.unwrap(), 0, "that is done already");
    assert_eq!(search_in(&app.pool(), "simple").await.unwrap(), 2);
    assert!(names(&search(&shopper, "Häuser klein").await).is_empty());
}

#[tokio::test]
async fn a_language_that_the_database_does_not_know_is_refused() {
    let app = App::start().await;

    for unknown in ["klingon", "", "english; DROP TABLE products", "English"] {
        let refused = search_in(&app.pool(), unknown).await.unwrap_err();
        assert!(matches!(refused, LanguageError::Unknown { .. }), "{refused}");
        let sentence = refused.to_string();
        assert!(sentence.starts_with("the database has no text search configuration"), "{sentence}");
        assert!(sentence.contains("english, ") && sentence.contains("simple, "), "{sentence}");
    }
    assert_eq!(language(&app).await.name, "english");
}

#[tokio::test]
async fn a_rebuilding_that_was_interrupted_goes_on_where_it_was() {
    let app = App::start().await;
    let many = "INSERT INTO categories (name) VALUES ('Kitchen');
        INSERT INTO products (name, price, stock, category_id)
        SELECT 'Häuser', 100, 0, 1 FROM generate_series(1, 2500);";
    app.client().await.batch_execute(many).await.unwrap();
    let pool = app.pool();
    transaction(&pool, async |conn| product_search::change_in_tx(conn, "german").await).await.unwrap();
    let first = transaction(&pool, async |conn| product_search::rebuild_in_tx(conn).await).await.unwrap();
    assert_eq!(first, 1000);
    assert!(!language(&app).await.complete);
    // What is written meanwhile is in the new language already, wherever its place is.
    let new = "INSERT INTO products (name, price, stock, category_id) VALUES ('Häuser', 100, 0, 1)";
    app.client().await.batch_execute(new).await.unwrap();

    assert_eq!(search_in(&pool, "german").await.unwrap(), 1501);

    let german = "SELECT count(*) FROM product_search WHERE vector @@ to_tsquery('german', 'haus')";
    assert_eq!(app.integer(german, &[]).await, 2501);
    assert!(language(&app).await.complete);
}

#[tokio::test]
async fn a_product_that_is_being_written_is_waited_for() {
    let app = App::start().await;
    app.actor().category().await;
    let mut script = app.client().await;
    let writing = script.transaction().await.unwrap();
    let new = "INSERT INTO products (name, price, stock, category_id) VALUES ('Häuser', 100, 0, 1)";
    writing.batch_execute(new).await.unwrap();

    let pool = app.pool();
    let queue = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'products'::regclass";
    let commit = async {
        while app.integer(queue, &[]).await == 0 {
            tokio::task::yield_now().await;
        }
        writing.commit().await.unwrap();
    };
    let (changed, ()) = tokio::join!(search_in(&pool, "german"), commit);

    assert_eq!(changed.unwrap(), 1);
    check_words(&search(&app.actor(), "haus").await, &["Häuser"]);
}
