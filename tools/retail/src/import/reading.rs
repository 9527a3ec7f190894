//! Reads a whole file, line by line, into a tally. Lines that cannot be used are counted by reason and forgotten.

use std::path::Path;

use super::tally::Tally;
use crate::log::{self, Fields, LogError, Skip};

/// How many malformed lines are named.
const MOST_MALFORMED_NAMED: usize = 5;

/// What a file says.
#[derive(Default)]
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
pub(super) fn read_file(path: &Path, progress: impl Fn(u64, u64)) -> Result<FileRead, LogError> {
    let mut read = FileRead::default();
    read.bytes = log::read_file(path, progress, |line, fields| read.add(line, fields))?;
    Ok(read)
}

impl FileRead {
    fn add(&mut self, line: u64, fields: Result<Fields<'_>, Skip>) {
        self.rows += 1;
        let used = fields.and_then(|fields| fields.sale()).and_then(|row| {
            self.tally.add(row).map_err(|violation| Skip::Malformed(format!("Quantity: {violation}")))
        });
        if let Err(skip) = used {
            self.skipped.count(skip, line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str =
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

    fn read(text: &str) -> FileRead {
        let mut read = FileRead::default();
        log::read_text(text.as_bytes(), || (), |line, fields| read.add(line, fields)).unwrap();
        read
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
        ));
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
        let read = read(&format!("{HEADER}{}", "no,line\n".repeat(100)));
        assert_eq!((read.skipped.malformed, read.skipped.first_malformed.len()), (100, 5));
    }
}
