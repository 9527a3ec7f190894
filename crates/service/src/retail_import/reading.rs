//! Reads a whole file, line by line, into a tally. Lines that cannot be used are counted by reason and forgotten.

use std::{
    io::{self, Read},
    path::Path,
};

use csv::{ByteRecord, ReaderBuilder};

use super::{
    ImportError,
    row::{self, Layout, Skip},
    source::{self, Limited},
    tally::Tally,
};

/// How many malformed lines are named.
const MOST_MALFORMED_NAMED: usize = 5;

/// Progress is told once in so many lines.
const ROWS_PER_PROGRESS: u64 = 4096;

/// What a file says.
pub(super) struct FileRead {
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) skipped: Skipped,
    pub(super) tally: Tally,
}

/// The lines that were left out, by reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Skipped {
    /// They take an invoice back.
    pub cancellations: u64,
    /// Their code is no product's: postage, charges, vouchers.
    pub not_products: u64,
    /// They sold nothing: corrections of the stock.
    pub without_quantity: u64,
    /// Their price is 0 or less.
    pub without_price: u64,
    /// They cannot be understood.
    pub malformed: u64,
    /// The first of the malformed ones.
    pub first_malformed: Vec<MalformedLine>,
}

impl Skipped {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.cancellations + self.not_products + self.without_quantity + self.without_price + self.malformed
    }

    fn count(&mut self, skip: Skip, line: u64) {
        match skip {
            Skip::Cancellation => self.cancellations += 1,
            Skip::NotProduct => self.not_products += 1,
            Skip::NoQuantity => self.without_quantity += 1,
            Skip::NoPrice => self.without_price += 1,
            Skip::Malformed(problem) => {
                self.malformed += 1;
                if self.first_malformed.len() < MOST_MALFORMED_NAMED {
                    self.first_malformed.push(MalformedLine { line, problem });
                }
            }
        }
    }
}

/// A line that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedLine {
    /// Its number in the file; the column names are line 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: String,
}

/// Reads a file and tells `progress` the bytes read and the bytes there are.
pub(super) fn read_file(path: &Path, progress: impl Fn(u64, u64)) -> Result<FileRead, ImportError> {
    let source = source::open(path).map_err(|source| ImportError::Open { path: path.to_owned(), source })?;
    let (bytes_read, total) = (source.bytes_read, source.bytes_total);
    let mut read = read_text(source.text, || progress(bytes_read.get(), total))?;
    read.bytes = total;
    Ok(read)
}

fn read_text<R: Read>(text: Limited<R>, progress: impl Fn()) -> Result<FileRead, ImportError> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text);
    let header = reader.byte_headers().map_err(|error| unreadable(error, 0))?;
    let layout = Layout::find(header).map_err(ImportError::MissingColumns)?;
    let mut read = FileRead { rows: 0, bytes: 0, skipped: Skipped::default(), tally: Tally::default() };
    let mut record = ByteRecord::new();
    let mut line = 1;
    loop {
        reader.get_mut().next_record();
        if !reader.read_byte_record(&mut record).map_err(|error| unreadable(error, line))? {
            return Ok(read);
        }
        line = record.position().map_or(line, csv::Position::line);
        if read.rows.is_multiple_of(ROWS_PER_PROGRESS) {
            progress();
        }
        read.rows += 1;
        let used = row::read(layout, &record).and_then(|row| {
            read.tally.add(row).map_err(|violation| Skip::Malformed(format!("Quantity: {violation}")))
        });
        if let Err(skip) = used {
            read.skipped.count(skip, line);
        }
    }
}

fn unreadable(error: csv::Error, line: u64) -> ImportError {
    match error.into_kind() {
        csv::ErrorKind::Io(source) => ImportError::Read { line, source },
        // Not met: bytes of any encoding and lines of any length are accepted.
        other => ImportError::Read { line, source: io::Error::other(format!("{other:?}")) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retail_import::row::COLUMNS;

    const HEADER: &str =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

    fn read(text: &str) -> Result<FileRead, ImportError> {
        read_text(Limited::new(io::Cursor::new(text.as_bytes().to_vec())), || ())
    }

    #[test]
    fn lines_are_used_or_counted_by_reason() {
        let read = read(&format!(
            "{HEADER}\
             1,85123A,\"HEART, WHITE\",6,2010-12-01,2.55,17850.0,United Kingdom\n\
             1,85123a,\"HEART, WHITE\",4,2010-12-01,2.75,,United Kingdom\n\
             C2,85123A,\"HEART, WHITE\",-6,2010-12-01,2.55,17850.0,United Kingdom\n\
             3,POST,POSTAGE,1,2010-12-01,18.00,17850.0,France\n\
             4,85123A,damaged,-2,2010-12-01,0.0,,United Kingdom\n\
             5,85123A,found,2,2010-12-01,0.0,,United Kingdom\n\
             6,85123A,too few fields\n\
             7,85123A,HEART,lots,2010-12-01,2.55,,United Kingdom\n\
             8,85123A,HEART,3000000000,2010-12-01,2.55,,United Kingdom\n\
             \n\
             9,22139,,1,2010-12-01,2.55,,United Kingdom\n"
        ))
        .unwrap();
        assert_eq!(read.rows, 10);
        let lines: Vec<_> = read.skipped.first_malformed.iter().map(|malformed| malformed.line).collect();
        assert_eq!(lines, [8, 9, 10]);
        let expected = Skipped {
            cancellations: 1,
            not_products: 1,
            without_quantity: 1,
            without_price: 1,
            malformed: 3,
            first_malformed: read.skipped.first_malformed.clone(),
        };
        assert_eq!(read.skipped, expected);
        assert_eq!(read.skipped.total(), 7);
        let totals = read.tally.finish();
        assert_eq!((totals.products.len(), totals.clients.len()), (1, 1));
        assert_eq!((totals.products[0].stock.count(), totals.products_without_name), (20, 1));
    }

    #[test]
    fn only_the_first_malformed_lines_are_named() {
        let read = read(&format!("{HEADER}{}", "no,line\n".repeat(100))).unwrap();
        assert_eq!((read.skipped.malformed, read.skipped.first_malformed.len()), (100, 5));
    }

    #[test]
    fn the_first_line_may_begin_with_a_byte_order_mark_and_may_be_alone() {
        assert_eq!(read(&format!("\u{feff}{HEADER}")).unwrap().rows, 0);
    }

    #[test]
    fn a_file_without_the_columns_is_refused_by_name() {
        let refused = |text| read(text).err().unwrap().to_string();
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
        let error = read(&endless).err().unwrap().to_string();
        assert!(error.starts_with("cannot read the file after line 1: a record is longer"), "{error}");
    }
}
