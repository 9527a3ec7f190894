//! Fills a shop from the invoice lines of another one: products, categories and clients out of a CSV file.
//!
//! The file is read as a stream and nothing but totals per product and client is kept, so memory does not grow with
//! its length. Everything is written in one transaction: an import that fails changes nothing, and one that is
//! repeated changes nothing the second time. The files beneath tell what becomes of a product's lines (`tally.rs`) and
//! which category it gets (`category.rs`); what a line means is told by [`crate::log`].

mod category;
mod reading;
mod summary;
mod tally;

use std::path::Path;

use stockroom_repository::{Pool, imports, transaction};

pub use reading::{MalformedLine, Skipped};
pub use summary::Summary;

use crate::log::LogError;

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// Bytes of the file read so far, as they are on disk.
    pub bytes_read: u64,
    /// Bytes of the whole file.
    pub bytes_total: u64,
}

/// The two parts of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Reading the file.
    Reading,
    /// Writing to the database.
    Saving,
}

/// Why an import failed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The database refused.
    #[error(transparent)]
    Repository(#[from] stockroom_repository::Error),
}

/// Imports the file at `path`, plain or gzip-compressed CSV, into the database, and tells `progress` every few
/// thousand lines how far it is.
///
/// # Errors
/// When the file cannot be read or lacks a column, or when the database fails. Lines that make no sense are no error:
/// they are skipped, and counted in the summary.
pub async fn import<P>(pool: &Pool, path: &Path, progress: P) -> Result<Summary, ImportError>
where
    P: Fn(Progress) + Send + 'static,
{
    let path = path.to_owned();
    let (read, progress) = tokio::task::spawn_blocking(move || {
        let read = reading::read_file(&path, |bytes_read, bytes_total| {
            progress(Progress { phase: Phase::Reading, bytes_read, bytes_total });
        });
        read.map(|read| (read, progress))
    })
    .await
    .map_err(LogError::from)??;
    progress(Progress { phase: Phase::Saving, bytes_read: read.bytes, bytes_total: read.bytes });
    let totals = read.tally.finish();
    let (products, clients) = transaction(pool, async |conn| {
        let products = imports::products_in_tx(conn, &totals.products).await?;
        let clients = imports::clients_in_tx(conn, &totals.clients).await?;
        Ok((products, clients))
    })
    .await?;
    Ok(Summary {
        rows: read.rows,
        rows_without_customer: totals.rows_without_customer,
        skipped: read.skipped,
        products,
        products_without_name: totals.products_without_name,
        clients,
    })
}
