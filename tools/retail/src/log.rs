//! The log of a shop: its invoice lines in a CSV file, plain or gzip-compressed, with the columns of the "Online Retail"
//! data set.
//!
//! The file is read as a stream: one line is in memory at a time, and none may be longer than 1 MiB. What becomes of the
//! lines is for those who read them; what a line says is told in `row.rs`, and what it is read from in `source.rs`.

mod row;
mod source;

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use csv::{ByteRecord, ReaderBuilder};

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use row::COLUMNS;
use row::Layout;
pub(crate) use row::{Fields, Row, Skip};
use source::Limited;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use source::unpacked;

/// Progress is told once in so many lines.
const LINES_PER_PROGRESS: u64 = 4096;

/// Why a log cannot be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file cannot be opened.
    #[error("cannot open {path}: {source}", path = path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be read to its end.
    #[error("cannot read the file after line {line}: {source}")]
    Read {
        /// The last line that was read.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// The first line does not name the columns.
    #[error("the file has no column {}; its first line must name the columns", .0.join(", "))]
    MissingColumns(Vec<&'static str>),
    /// The reading thread died or was stopped.
    #[error("reading the file was interrupted: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
}

/// Reads a file: gives each line, with its number, to `each`, and tells `progress` the bytes read and the bytes there are
/// every few thousand lines. Returns the bytes of the file. The column names are line 1 and are not given.
///
/// # Errors
/// When the file cannot be read or lacks a column. Lines that make no sense are no error here.
pub(crate) fn read_file(
    path: &Path,
    progress: impl Fn(u64, u64),
    each: impl FnMut(u64, Result<Fields<'_>, Skip>),
) -> Result<u64, LogError> {
    let source = source::open(path).map_err(|source| LogError::Open { path: path.to_owned(), source })?;
    let (bytes_read, total) = (source.bytes_read, source.bytes_total);
    read_text(source.text, || progress(bytes_read.get(), total), each)?;
    Ok(total)
}

/// Reads the text of a file, see [`read_file`].
pub(crate) fn read_text(
    text: impl Read,
    progress: impl Fn(),
    mut each: impl FnMut(u64, Result<Fields<'_>, Skip>),
) -> Result<(), LogError> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(Limited::new(text));
    let header = reader.byte_headers().map_err(|error| unreadable(error, 0))?;
    let layout = Layout::find(header).map_err(LogError::MissingColumns)?;
    let mut record = ByteRecord::new();
    let (mut read, mut line) = (0_u64, 1);
    loop {
        reader.get_mut().next_record();
        if !reader.read_byte_record(&mut record).map_err(|error| unreadable(error, line))? {
            return Ok(());
        }
        line = record.position().map_or(line, csv::Position::line);
        if read.is_multiple_of(LINES_PER_PROGRESS) {
            progress();
        }
        read += 1;
        each(line, layout.fields(&record));
    }
}

fn unreadable(error: csv::Error, line: u64) -> LogError {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => LogError::Read { line, source },
        // Not met: bytes of any encoding and lines of any length are accepted.
        other => LogError::Read { line, source: io::Error::other(format!("{other:?}")) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

    fn invoices(text: &str) -> Result<Vec<(u64, String)>, LogError> {
        let mut invoices = Vec::new();
        read_text(
            text.as_bytes(),
            || (),
            |line, fields| invoices.push((line, fields.unwrap().invoice.to_owned())),
        )?;
        Ok(invoices)
    }

    #[test]
    fn every_line_is_given_with_its_number() {
        let text = format!("{HEADER}1,A,\"two\nlines\",1,2010-12-01,1,,UK\nC2,B,,1,2010-12-01,1,,UK\n");
        assert_eq!(invoices(&text).unwrap(), [(2, "1".to_owned()), (4, "C2".to_owned())]);
    }

    #[test]
    fn the_first_line_may_begin_with_a_byte_order_mark_and_may_be_alone() {
        assert_eq!(invoices(&format!("\u{feff}{HEADER}")).unwrap(), []);
    }

    #[test]
    fn a_file_without_the_columns_is_refused_by_name() {
        let refused = |text| invoices(text).unwrap_err().to_string();
        assert_eq!(
            refused("InvoiceNo,StockCode,Description,Quantity,CustomerID\n1,2,3,4,5\n"),
            "the file has no column UnitPrice; its first line must name the columns"
        );
        assert!(refused("").contains(&COLUMNS.join(", ")));
        assert!(refused("\u{1f}\u{0}garbage").contains("InvoiceNo"));
    }

    #[test]
    fn a_quote_that_is_never_closed_does_not_fill_the_memory() {
        let endless = format!("{HEADER}1,85123A,\"{}", "x".repeat(3 * 1024 * 1024));
        let error = invoices(&endless).unwrap_err().to_string();
        assert!(error.starts_with("cannot read the file after line 1: a record is longer"), "{error}");
    }
}
