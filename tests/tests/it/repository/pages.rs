//! Keyset pages: every row that stays is seen once, whatever comes and goes meanwhile.

use serde_json::json;
use stockroom_domain::{Page, ProductId};
use stockroom_repository::products::{self, ProductFilter};
use stockroom_tests::App;

#[tokio::test]
async fn pages_by_key_show_every_row_once_while_rows_come_and_go() {
    let app = App::start().await;
    let shop = app.actor();
    let category = shop.category().await;
    let product = json!({"category_id": category});
    let mut staying = Vec::new();
    let mut leaving = Vec::new();
    for _ in 0..12 {
        leaving.push(shop.product(product.clone()).await);
        staying.push(shop.product(product.clone()).await);
        staying.push(shop.product(product.clone()).await);
    }
    let pool = app.pool();
    let mut connection = pool.get().await.unwrap();

    let mut seen: Vec<i64> = Vec::new();
    let mut page = Page::first(5);
    loop {
        let rows = products::list(&mut connection, &ProductFilter::default(), &page).await.unwrap();
        let Some(last) = rows.last() else { break };
        page = Page::after(last.id.0, 5);
        seen.extend(rows.iter().map(|row| row.id.0));
        // Between two pages a row before, and sometimes one after, the key goes, and new ones come.
        if !leaving.is_empty() {
            let (first, last) = (leaving.remove(0), leaving.pop());
            shop.delete(&format!("/products/{first}")).await.expect(204);
            if let Some(last) = last {
                shop.delete(&format!("/products/{last}")).await.expect(204);
            }
            staying.push(shop.product(product.clone()).await);
        }
    }

    assert!(seen.is_sorted(), "{seen:?}");
    let twice = seen.windows(2).any(|pair| pair[0] == pair[1]);
    assert!(!twice, "{seen:?}");
    assert!(staying.iter().all(|id| seen.contains(id)), "{staying:?} {seen:?}");
}

#[tokio::test]
async fn rows_by_ids_come_ordered_and_without_the_unknown_ones() {
    let app = App::start().await;
    let shop = app.actor();
    let (one, two) = (shop.product(json!({})).await, shop.product(json!({})).await);
    let pool = app.pool();
    let mut connection = pool.get().await.unwrap();

    let ids = [two, 999, one, two].map(ProductId);
    let found = products::list_by_ids(&mut connection, &ids).await.unwrap();

    assert_eq!(found.iter().map(|product| product.id.0).collect::<Vec<_>>(), [one, two]);
    assert!(products::list_by_ids(&mut connection, &[]).await.unwrap().is_empty());
}
