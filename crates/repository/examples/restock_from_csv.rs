//! Adds delivered pieces to the stock of products, from a CSV file with the columns `sku` and `quantity`.
//!
//! One transaction per file: either every line is booked, with its row in the ledger, or none is.
//!
//! `cargo run -p stockroom-repository --example restock_from_csv -- delivery.csv --dry-run`

#![expect(clippy::print_stdout, reason = "a script speaks to the terminal")]

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use stockroom_domain::{Product, Quantity, Sku};
use stockroom_repository::{Connection, Error, Pool, PoolSettings, products, transaction};

/// Adds delivered pieces to the stock of products.
#[derive(Parser)]
struct Arguments {
    /// A CSV file whose first line names the columns sku and quantity.
    file: PathBuf,
    /// PostgreSQL, for example `postgres://user:secret@localhost/shop`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Only show what would be done.
    #[arg(long)]
    dry_run: bool,
}

/// Why nothing was booked.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot read {path}: {source}", path = path.display())]
    File { path: PathBuf, source: csv::Error },
    #[error("the first line names no column {0}")]
    MissingColumn(&'static str),
    #[error("line {line}, column {column}: {problem}")]
    Line { line: u64, column: &'static str, problem: String },
    #[error(transparent)]
    Repository(#[from] Error),
}

/// One line of the file.
struct Delivery {
    line: u64,
    sku: Sku,
    quantity: Quantity,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("Nothing was booked: {failure}.");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<String, Failure> {
    let deliveries = read(&arguments.file)?;
    let pool = Pool::new(PoolSettings {
        size: 1,
        ..PoolSettings::new(&arguments.database_url).with_actor("restock")
    })?;
    let mut found = find_products(&mut *pool.get().await?, &deliveries).await?;
    // By ascending product id, the order in which everybody locks products.
    found.sort_by_key(|(product, _)| product.id);
    if !arguments.dry_run {
        transaction(&pool, async |conn| {
            for (product, delivery) in &found {
                products::adjust_stock_in_tx(conn, product.id, delivery.quantity.count()).await?;
            }
            Ok(())
        })
        .await?;
    }
    found.sort_by_key(|(_, delivery)| delivery.line);
    for (product, delivery) in &found {
        println!("line {}: {} pieces of {}", delivery.line, delivery.quantity.count(), product.name);
    }
    let pieces: i64 = deliveries.iter().map(|delivery| delivery.quantity.count()).sum();
    let verb = if arguments.dry_run { "Would add" } else { "Added" };
    Ok(format!("{verb} {pieces} pieces in {} deliveries.", deliveries.len()))
}

fn read(path: &Path) -> Result<Vec<Delivery>, Failure> {
    let unreadable = |source| Failure::File { path: path.to_owned(), source };
    let file = File::open(path).map_err(|error| unreadable(error.into()))?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(file);
    let header = reader.headers().map_err(unreadable)?.clone();
    let column = |name| header.iter().position(|title| title == name).ok_or(Failure::MissingColumn(name));
    let (sku_at, quantity_at) = (column("sku")?, column("quantity")?);
    reader
        .records()
        .map(|record| {
            let record = record.map_err(unreadable)?;
            let line = record.position().map_or(0, csv::Position::line);
            let wrong = |column, problem: String| Failure::Line { line, column, problem };
            let text = record.get(quantity_at).unwrap_or_default();
            let count: i64 =
                text.parse().map_err(|_| wrong("quantity", format!("{text:?} is not a whole number")))?;
            Ok(Delivery {
                line,
                sku: Sku::parse(record.get(sku_at).unwrap_or_default())
                    .map_err(|violation| wrong("sku", violation.message))?,
                quantity: Quantity::new(count).map_err(|violation| wrong("quantity", violation.message))?,
            })
        })
        .collect()
}

/// The product of each delivery.
async fn find_products<'a>(
    conn: &mut Connection,
    deliveries: &'a [Delivery],
) -> Result<Vec<(Product, &'a Delivery)>, Failure> {
    let mut found = Vec::with_capacity(deliveries.len());
    for delivery in deliveries {
        let Delivery { line, sku, .. } = delivery;
        let product = products::find_by_sku(conn, sku).await?.ok_or_else(|| Failure::Line {
            line: *line,
            column: "sku",
            problem: format!("no product has the SKU {:?}", sku.as_str()),
        })?;
        found.push((product, delivery));
    }
    Ok(found)
}
