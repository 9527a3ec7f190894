//! Changes the price of every product of a category by a percentage, to the nearest cent (a half goes up), never below
//! one cent.
//!
//! One transaction: all prices change or none does. Each price is read under the lock it is changed under, so no change
//! made meanwhile is lost.
//!
//! `cargo run -p stockroom-repository --example reprice_category -- --category Garden --percent -10 --dry-run`

#![expect(clippy::print_stdout, reason = "a script speaks to the terminal")]

use std::process::ExitCode;

use clap::Parser;
use stockroom_domain::{CategoryId, CategoryName, Money, Page, Price, Product, ProductChanges};
use stockroom_repository::{
    Connection, Error, Pool, PoolSettings, categories,
    products::{self, ProductFilter},
    transaction,
};

/// Products per page.
const PAGE: i64 = 500;

/// A hundred per cent, in hundredths of a percent.
const WHOLE: i64 = 10_000;

/// Changes the price of every product of a category by a percentage.
#[derive(Parser)]
struct Arguments {
    /// PostgreSQL, for example `postgres://user:secret@localhost/shop`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The category's exact name.
    #[arg(long)]
    category: String,
    /// The change in percent, with at most two decimals: -10 or 2.5.
    #[arg(long, allow_negative_numbers = true, value_parser = hundredths_of_a_percent)]
    percent: i64,
    /// Only show what would be done.
    #[arg(long)]
    dry_run: bool,
}

/// Why no price was changed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("there is no category {0:?}")]
    NoCategory(String),
    #[error("the new price of product {product}, {price}, is not possible: {problem}")]
    Price { product: i64, price: Money, problem: String },
    #[error(transparent)]
    Repository(#[from] Error),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("No price was changed: {failure}.");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<String, Failure> {
    let pool = Pool::new(PoolSettings {
        size: 1,
        ..PoolSettings::new(&arguments.database_url).with_actor("reprice")
    })?;
    let category = find_category(&mut *pool.get().await?, &arguments.category).await?;
    let changes = transaction(&pool, async |conn| {
        let products = lock_products(conn, category).await?;
        let changes = new_prices(products, arguments.percent);
        if let (Ok(changes), false) = (&changes, arguments.dry_run) {
            for (product, price) in changes {
                let change = ProductChanges::default().with_price(*price);
                products::update_in_tx(conn, product.id, &change).await?;
            }
        }
        Ok(changes)
    })
    .await??;
    for (product, price) in &changes {
        println!("{}: {} -> {}", product.name, product.price, price.money());
    }
    let verb = if arguments.dry_run { "Would change" } else { "Changed" };
    Ok(format!("{verb} {} prices.", changes.len()))
}

/// All products of the category, locked page by page.
async fn lock_products(conn: &mut Connection, category: CategoryId) -> Result<Vec<Product>, Error> {
    let filter = ProductFilter { category_id: Some(category), ..ProductFilter::default() };
    let mut all = Vec::new();
    let mut page = Page::first(PAGE);
    loop {
        let listed = products::list(conn, &filter, &page).await?;
        let Some(last) = listed.last() else { return Ok(all) };
        page = Page::after(last.id.0, PAGE);
        let ids: Vec<_> = listed.iter().map(|product| product.id).collect();
        let mut locked = products::lock_in_tx(conn, &ids).await?;
        // Somebody may have moved one to another category before it was locked.
        locked.retain(|product| product.category_id == category);
        all.append(&mut locked);
    }
}

/// The prices that change, or the first that would not be possible.
fn new_prices(products: Vec<Product>, percent: i64) -> Result<Vec<(Product, Price)>, Failure> {
    let mut changes = Vec::with_capacity(products.len());
    for product in products {
        let price = new_price(&product, percent)?;
        if price.money() != product.price {
            changes.push((product, price));
        }
    }
    Ok(changes)
}

async fn find_category(conn: &mut Connection, name: &str) -> Result<CategoryId, Failure> {
    let unknown = || Failure::NoCategory(name.to_owned());
    let valid = CategoryName::parse(name).map_err(|_| unknown())?;
    categories::find_by_name(conn, &valid).await?.map(|category| category.id).ok_or_else(unknown)
}

fn new_price(product: &Product, percent: i64) -> Result<Price, Failure> {
    let price = Money::from_minor(repriced(product.price.minor(), percent));
    Price::new(price).map_err(|violation| Failure::Price {
        product: product.id.0,
        price,
        problem: violation.message,
    })
}

/// The cents after a change by so many hundredths of a percent.
fn repriced(cents: i64, percent: i64) -> i64 {
    ((cents * (WHOLE + percent) + WHOLE / 2) / WHOLE).max(1)
}

/// Reads a percentage exactly: [`Money`] is the shop's reader of decimals with two places.
fn hundredths_of_a_percent(text: &str) -> Result<i64, String> {
    let percent = Money::parse(text).map_err(|violation| violation.message)?.minor();
    if (-WHOLE..=100 * WHOLE).contains(&percent) {
        Ok(percent)
    } else {
        Err("must be between -100 and 10000".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_cent_goes_up_and_a_price_never_vanishes() {
        assert_eq!(repriced(1000, -1000), 900);
        assert_eq!(repriced(999, 250), 1024);
        assert_eq!(repriced(5, -1000), 5);
        assert_eq!(repriced(15, -1000), 14);
        assert_eq!(repriced(3, -10_000), 1);
    }

    #[test]
    fn percentages_are_exact() {
        assert_eq!(hundredths_of_a_percent("2.5"), Ok(250));
        assert_eq!(hundredths_of_a_percent("-10"), Ok(-1000));
        assert!(hundredths_of_a_percent("2.555").is_err());
        assert!(hundredths_of_a_percent("-101").is_err());
    }
}
