//! How PostgreSQL carries searches out on a large catalogue: by indexes, whatever the words are.

use diesel::{
    QueryableByName, sql_query,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;
use stockroom_domain::{
    CategoryId, Facets, Money, Page, ProductSearch, ProductSort, Rating, SearchFilter, SearchSort, SearchText,
};
use stockroom_repository::{
    Connection,
    product_search::{self, Wanted},
    products::{self, ProductFilter},
    transaction,
};
use stockroom_tests::App;

/// 20,000 products, some words in all of them, some in a few, and 5,000 reviews.
async fn large_shop() -> App {
    let app = App::start().await;
    let many = "SET stockroom.actor = '-'; SET stockroom.signals = off;
        INSERT INTO categories (name) SELECT 'Category ' || n FROM generate_series(1, 2000) AS n;
        INSERT INTO products (name, price, stock, category_id, description)
        SELECT 'Blue ' || CASE n % 20 WHEN 0 THEN 'mug' ELSE 'plate' END || ' ' || md5(n::text),
            100 + n, n % 3, 1 + n % 20, 'Sent in boxes'
        FROM generate_series(1, 20000) AS n;
        INSERT INTO reviews (rating, product_id) SELECT 1 + n % 5, n FROM generate_series(1, 5000) AS n;
";
    let script = app.client().await;
    script.batch_execute(many).await.unwrap();
    script.batch_execute("VACUUM ANALYZE").await.unwrap();
    app
}

#[derive(QueryableByName)]
struct Scans {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    scans: i64,
}

/// What the open transaction has scanned, as it counts itself: each table that it read whole, each index that it used.
async fn scanned(conn: &mut Connection) -> Vec<(String, i64)> {
    let sql = "SELECT relname::text AS name, pg_stat_get_xact_numscans(oid) AS scans FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') AND relname <> 'product_search_settings'
            AND pg_stat_get_xact_numscans(oid) > 0 ORDER BY 1";
    let rows: Vec<Scans> = sql_query(sql).load(conn).await.unwrap();
    rows.into_iter().map(|row| (row.name, row.scans)).collect()
}

/// The tables among them.
fn tables(scanned: &[(String, i64)]) -> Vec<&str> {
    scanned
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !name.ends_with("idx") && !name.ends_with("key"))
        .collect()
}

fn looked_for(text: &str) -> ProductSearch {
    ProductSearch {
        text: SearchText::parse(text).unwrap(),
        filter: SearchFilter::default(),
        sort: SearchSort::Relevance,
        facets: Facets { category: true, price: true, in_stock: true, rating: true },
        after: None,
        skip: 0,
        limit: 20,
    }
}

#[tokio::test]
async fn many_products_are_brought_in_without_reading_all_known_words_again() {
    let app = App::start().await;
    let client = app.client().await;
    let many = "BEGIN; SET LOCAL stockroom.actor = '-';
        INSERT INTO categories (name) VALUES ('Mugs');
        INSERT INTO products (name, price, stock, category_id, description)
        SELECT 'Mug ' || md5(n::text), 100, 1, (SELECT max(id) FROM categories), 'Described as ' || md5(n::text)
        FROM generate_series(1, 50) AS n";
    client.batch_execute(many).await.unwrap();
    for table in ["product_search_words", "product_search_lexemes"] {
        let sql = "SELECT pg_stat_get_xact_numscans($1::text::regclass)";
        let scans: i64 = client.query_one(sql, &[&table]).await.unwrap().get(0);
        assert_eq!(scans, 0, "{table} was read from its begin to its end");
    }
}

#[tokio::test]
async fn no_search_reads_a_whole_table() {
    let app = large_shop().await;
    let filter = SearchFilter {
        categories: vec![CategoryId(3), CategoryId(5)],
        min_price: Some(Money::from_minor(500)),
        max_price: Some(Money::from_minor(15_000)),
        in_stock_only: true,
        min_rating: Some(Rating::new(2.0).unwrap()),
        include_inactive: true,
    };
    let mut searches = Vec::new();
    for text in ["mug", "blue box", "b"] {
        for sort in [SearchSort::Relevance, SearchSort::Name, SearchSort::Rating] {
            searches.push(ProductSearch { sort, ..looked_for(text) });
        }
        searches.push(ProductSearch { filter: filter.clone(), limit: 50, ..looked_for(text) });
        let filter = SearchFilter { in_stock_only: true, ..SearchFilter::default() };
        searches.push(ProductSearch { filter, skip: 500, ..looked_for(text) });
    }

    // Statements are planned for their values some times, and for any values after that: both plans are seen here.
    let pool = app.pool();
    let scanned = transaction(&pool, async |conn| {
        for search in &searches {
            let corrected = Wanted::Corrected("('plate' | 'mug')".to_owned());
            for wanted in [Wanted::Words(search.text.terms()), corrected] {
                let hits = product_search::find_page(conn, search, &wanted).await?;
                let ids: Vec<_> = hits.page.iter().map(|hit| hit.product_id).collect();
                product_search::count_facets(conn, search, &wanted).await?;
                product_search::find_matching(conn, &hits.query, false, &["Blue", "mug"]).await?;
                products::list_by_ids(conn, &ids).await?;
            }
            product_search::list_similar_words(conn, &["plaet", "bleu", "mgu"]).await?;
            let scanned = scanned(conn).await;
            assert_eq!(tables(&scanned), Vec::<&str>::new(), "{search:?}: {scanned:?}");
        }
        Ok(scanned(conn).await)
    });
    let scanned = scanned.await.unwrap();
    let used: Vec<_> = scanned.iter().map(|(name, _)| name.as_str()).collect();
    for index in [
        "product_search_vector_idx",
        "product_search_name_words_idx",
        "product_search_name_key_idx",
        "product_search_lexemes_lexeme_idx",
        "product_search_words_similar_idx",
    ] {
        assert!(used.contains(&index), "{index}: {scanned:?}");
    }
}

#[tokio::test]
async fn the_filter_finds_parts_of_names_by_their_trigrams() {
    let app = large_shop().await;

    let pool = app.pool();
    let scanned = transaction(&pool, async |conn| {
        for text in ["c4ca4238a0b9", "4238A0B9", "a0b92382"] {
            let filter = ProductFilter {
                search: Some(text.to_owned()),
                sort: Some(ProductSort::default()),
                ..ProductFilter::default()
            };
            let found = products::list(conn, &filter, &Page::first(20)).await?;
            assert_eq!(found.len(), 1, "{text}");
        }
        Ok(scanned(conn).await)
    });

    assert_eq!(scanned.await.unwrap(), [("products_name_search_idx".to_owned(), 3)]);
}
