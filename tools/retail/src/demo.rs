//! A small demo catalogue for a first run, so that an empty shop has something to show.
//!
//! It is put into a shop once, and only while the shop has neither a category nor a product; nothing is ever replaced.
//! No clients are in it: nobody's data is made up, and its reviews have no author.

mod catalogue;

use stockroom_domain::{NewCategory, NewProduct, NewReview, ReviewStatus};
use stockroom_repository::{Connection, Pool, Result, categories, imports, products, reviews, transaction};

use catalogue::DemoCategory;

/// Fills an empty shop with the demo catalogue and returns whether it did. Of several servers that start at once, one
/// does.
///
/// # Errors
/// Only when the database fails; nothing is written then.
pub async fn seed(pool: &Pool) -> Result<bool> {
    let catalogue = match catalogue::read() {
        Ok(catalogue) => catalogue,
        Err(problem) => {
            // A test keeps this from happening. A shop without a demo is better than no shop.
            tracing::error!(%problem, "the demo catalogue is broken and left out");
            return Ok(false);
        }
    };
    transaction(pool, async |conn| {
        if !imports::claim_empty_shop_in_tx(conn).await? {
            return Ok(false);
        }
        for category in &catalogue {
            insert(conn, category).await?;
        }
        Ok(true)
    })
    .await
}

async fn insert(conn: &mut Connection, category: &DemoCategory) -> Result<()> {
    let new = NewCategory { name: &category.name, description: Some(&category.description) };
    let category_id = categories::insert(conn, new).await?.id;
    for product in &category.products {
        let new = NewProduct {
            name: &product.name,
            price: product.price,
            stock: product.stock,
            category_id,
            description: Some(&product.description),
            image_url: None,
            image: None,
            sku: Some(&product.sku),
            active: true,
        };
        let product_id = products::insert_in_tx(conn, new).await?.id;
        for review in &product.reviews {
            let comment = Some(&review.comment);
            let new = NewReview {
                rating: review.rating,
                comment,
                product_id,
                client_id: None,
                one_per_client: false,
            };
            reviews::insert_in_tx(conn, new, ReviewStatus::Published).await?;
        }
    }
    Ok(())
}
