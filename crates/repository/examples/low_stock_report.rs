//! Lists the products that are running out, as a table or as CSV.
//!
//! It walks the whole catalogue page by page, each page beginning after the last id of the one before: the millionth
//! product costs no more than the first, and memory holds one page.
//!
//! `cargo run -p stockroom-repository --example low_stock_report -- --below 20 --csv`

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use stockroom_domain::{Page, Product};
use stockroom_repository::{Pool, PoolSettings, products, products::ProductFilter};

/// Products per page.
const PAGE: i64 = 500;

/// Lists the products that are running out.
#[derive(Parser)]
struct Arguments {
    /// PostgreSQL, for example `postgres://user:secret@localhost/shop`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Show products with fewer pieces than this.
    #[arg(long, default_value_t = 10)]
    below: i64,
    /// Write CSV instead of a table.
    #[arg(long)]
    csv: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(summary) => {
            // Not on the standard output: that may go to a file as CSV.
            eprintln!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("The report is not complete: {error}.");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<String, Box<dyn Error>> {
    let pool = Pool::new(PoolSettings {
        size: 1,
        ..PoolSettings::new(&arguments.database_url).with_actor("low_stock_report")
    })?;
    let mut conn = pool.get().await?;
    let mut report = Report::begin(arguments.csv)?;
    let (mut seen, mut low) = (0, 0);
    let mut page = Page::first(PAGE);
    loop {
        let products = products::list(&mut conn, &ProductFilter::default(), &page).await?;
        let Some(last) = products.last() else { break };
        page = Page::after(last.id.0, PAGE);
        seen += products.len();
        for product in products.iter().filter(|product| product.stock < arguments.below) {
            low += 1;
            report.write(product)?;
        }
    }
    report.end()?;
    Ok(format!("{low} of {seen} products have fewer than {} pieces.", arguments.below))
}

/// Where the rows go.
enum Report {
    Csv(Box<csv::Writer<io::Stdout>>),
    Table(io::Stdout),
}

impl Report {
    fn begin(as_csv: bool) -> Result<Self, Box<dyn Error>> {
        if as_csv {
            let mut writer = csv::Writer::from_writer(io::stdout());
            writer.write_record(["id", "sku", "name", "stock"])?;
            Ok(Self::Csv(Box::new(writer)))
        } else {
            let mut out = io::stdout();
            writeln!(out, "{:>8}  {:<16}  {:<40}  {:>8}", "id", "sku", "name", "stock")?;
            Ok(Self::Table(out))
        }
    }

    fn write(&mut self, product: &Product) -> Result<(), Box<dyn Error>> {
        let Product { id, name, stock, .. } = product;
        let sku = product.sku.as_deref().unwrap_or_default();
        match self {
            Self::Csv(writer) => writer.write_record([&id.to_string(), sku, name, &stock.to_string()])?,
            Self::Table(out) => writeln!(out, "{:>8}  {sku:<16}  {name:<40}  {stock:>8}", id.0)?,
        }
        Ok(())
    }

    fn end(self) -> io::Result<()> {
        match self {
            Self::Csv(mut writer) => writer.flush(),
            Self::Table(mut out) => out.flush(),
        }
    }
}
