//! One invoice line: what it says, or why it is left out.
//!
//! Checked in this order, and the first that applies decides: a cancellation, a code that is no product, a quantity of 0
//! or less, a price of 0 or less. A line is malformed when a field that has to be read cannot be.
//! A line without a customer is used: it sold something to somebody.

use csv::ByteRecord;
use stockroom_domain::{Money, Price, ProductName, Quantity, Sku, Violation};
use stockroom_repository::imports::ExternalNumber;

/// The columns that are read; others may be there and are ignored.
pub(super) const COLUMNS: [&str; 6] =
    ["InvoiceNo", "StockCode", "Description", "Quantity", "UnitPrice", "CustomerID"];

/// Where the columns are, and how many fields a line has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layout {
    positions: [usize; COLUMNS.len()],
    width: usize,
}

impl Layout {
    /// Finds the columns in the first line, in any order.
    ///
    /// # Errors
    /// The names of those that are missing.
    pub(super) fn find(header: &ByteRecord) -> Result<Self, Vec<&'static str>> {
        let position = |name: &str| header.iter().position(|field| field.trim_ascii() == name.as_bytes());
        let found = COLUMNS.map(position);
        let missing: Vec<_> =
            COLUMNS.iter().zip(found).filter(|(_, at)| at.is_none()).map(|(name, _)| *name).collect();
        if missing.is_empty() {
            Ok(Self { positions: found.map(Option::unwrap_or_default), width: header.len() })
        } else {
            Err(missing)
        }
    }

    /// The fields of a line, trimmed, in the order of [`COLUMNS`].
    fn fields(self, record: &ByteRecord) -> Result<[&str; COLUMNS.len()], Skip> {
        if record.len() != self.width {
            return Err(malformed(format!("{} fields instead of {}", record.len(), self.width)));
        }
        let mut fields = [""; COLUMNS.len()];
        for ((field, position), name) in fields.iter_mut().zip(self.positions).zip(COLUMNS) {
            let bytes = record.get(position).unwrap_or_default();
            *field = str::from_utf8(bytes).map_err(|_| malformed(format!("{name} is not UTF-8")))?.trim();
        }
        Ok(fields)
    }
}

/// A line that sold something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) sku: Sku,
    pub(super) name: Option<ProductName>,
    pub(super) quantity: Quantity,
    pub(super) price: Price,
    pub(super) customer: Option<ExternalNumber>,
}

/// Why a line is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Skip {
    /// It takes an invoice back: its number begins with C.
    Cancellation,
    /// Postage, bank charges, vouchers, ...: see [`is_product_code`].
    NotProduct,
    /// Nothing was sold: a correction of the stock.
    NoQuantity,
    /// Nothing was paid.
    NoPrice,
    /// It cannot be understood.
    Malformed(String),
}

fn malformed(problem: impl Into<String>) -> Skip {
    Skip::Malformed(problem.into())
}

/// Reads a line.
pub(super) fn read(layout: Layout, record: &ByteRecord) -> Result<Row, Skip> {
    let [invoice, code, description, quantity, price, customer] = layout.fields(record)?;
    let bad = |column: &str, violation: &Violation| malformed(format!("{column}: {violation}"));
    if invoice.starts_with(['C', 'c']) {
        return Err(Skip::Cancellation);
    }
    if !is_product_code(code) {
        return Err(Skip::NotProduct);
    }
    let quantity: i64 = quantity.parse().map_err(|_| malformed("Quantity is not a whole number"))?;
    let price = Money::parse(price).map_err(|violation| bad("UnitPrice", &violation))?;
    if quantity <= 0 {
        return Err(Skip::NoQuantity);
    }
    if price <= Money::ZERO {
        return Err(Skip::NoPrice);
    }
    Ok(Row {
        // The same product is written in upper and lower case.
        sku: Sku::parse(code.to_uppercase()).map_err(|violation| bad("StockCode", &violation))?,
        name: match description {
            "" => None,
            text => Some(ProductName::parse(text).map_err(|violation| bad("Description", &violation))?),
        },
        quantity: Quantity::new(quantity).map_err(|violation| bad("Quantity", &violation))?,
        price: Price::new(price).map_err(|violation| bad("UnitPrice", &violation))?,
        customer: match customer {
            "" => None,
            text => Some(customer_number(text).ok_or_else(|| malformed("CustomerID is not a number"))?),
        },
    })
}

/// Whether a code names a product: it begins with five digits (`85123A`). The others are services and corrections
/// (`POST`, `DOT`, `M`, `D`, `S`, `C2`, `PADS`, `BANK CHARGES`, `AMAZONFEE`, `CRUK`), vouchers (`gift_0001_20`) and a
/// few goods of another shop (`DCGS0076`).
fn is_product_code(code: &str) -> bool {
    code.len() >= 5 && code.bytes().take(5).all(|byte| byte.is_ascii_digit())
}

/// A customer's number: 1 to 20 digits, without the `.0` that a spreadsheet appends to it.
fn customer_number(text: &str) -> Option<ExternalNumber> {
    let digits = text.strip_suffix(".0").unwrap_or(text);
    let valid = digits.len() <= 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    ExternalNumber::parse(digits).ok().filter(|_| valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout() -> Layout {
        Layout::find(&ByteRecord::from(COLUMNS.to_vec())).unwrap()
    }

    fn read_fields(fields: [&str; 6]) -> Result<Row, Skip> {
        read(layout(), &ByteRecord::from(fields.to_vec()))
    }

    #[track_caller]
    fn check_skip(fields: [&str; 6], expected: &Skip) {
        assert_eq!(&read_fields(fields).unwrap_err(), expected);
    }

    #[track_caller]
    fn check_malformed(fields: [&str; 6], start: &str) {
        match read_fields(fields).unwrap_err() {
            Skip::Malformed(problem) => assert!(problem.starts_with(start), "{problem}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_line_that_sold_something() {
        let row = read_fields(["536365", " 85123a ", " HEART ", "6", "2.55", "17850.0"]).unwrap();
        assert_eq!(row.sku.as_str(), "85123A");
        assert_eq!(row.name.unwrap().as_str(), "HEART");
        assert_eq!((row.quantity.count(), row.price.money().minor()), (6, 255));
        assert_eq!(row.customer.unwrap().as_str(), "17850");
        let anonymous = read_fields(["536365", "85123A", "", "6", "2.55", ""]).unwrap();
        assert_eq!((anonymous.name, anonymous.customer), (None, None));
    }

    #[test]
    fn lines_that_sold_nothing() {
        check_skip(["C536379", "85123A", "HEART", "-1", "2.55", "17850"], &Skip::Cancellation);
        check_skip(["536370", "POST", "POSTAGE", "3", "18.00", "12583"], &Skip::NotProduct);
        check_skip(["536414", "22139", "damaged", "-56", "0.0", ""], &Skip::NoQuantity);
        check_skip(["536414", "22139", "", "56", "0.00", ""], &Skip::NoPrice);
        check_skip(["A563185", "22139", "debt", "1", "-11062.06", ""], &Skip::NoPrice);
    }

    #[test]
    fn lines_that_make_no_sense() {
        let long = "x".repeat(201);
        check_malformed(["1", "85123A", "HEART", "six", "2.55", ""], "Quantity");
        check_malformed(["1", "85123A", "HEART", "99999999999999999999", "2.55", ""], "Quantity");
        check_malformed(["1", "85123A", "HEART", "3000000000", "2.55", ""], "Quantity");
        check_malformed(["1", "85123A", "HEART", "6", "2,55", ""], "UnitPrice");
        check_malformed(["1", "85123A", "HEART", "6", "2.555", ""], "UnitPrice");
        check_malformed(["1", "85123A", "HEART", "6", "1000000", ""], "UnitPrice");
        check_malformed(["1", "85123A", "HE\0RT", "6", "2.55", ""], "Description");
        check_malformed(["1", "85123A", &long, "6", "2.55", ""], "Description");
        check_malformed(["1", &"1".repeat(65), "HEART", "6", "2.55", ""], "StockCode");
        check_malformed(["1", "85123A", "HEART", "6", "2.55", "Ana"], "CustomerID");
        check_malformed(["1", "85123A", "HEART", "6", "2.55", ".0"], "CustomerID");
        let broken = ByteRecord::from(vec![b"1" as &[u8], b"85123A", b"\xff", b"6", b"2.55", b""]);
        assert_eq!(read(layout(), &broken), Err(malformed("Description is not UTF-8")));
        let short = ByteRecord::from(vec!["1", "85123A"]);
        assert_eq!(read(layout(), &short), Err(malformed("2 fields instead of 6")));
    }

    #[test]
    fn product_codes() {
        for good in ["85123A", "15056BL", "71053", "84406b"] {
            assert!(is_product_code(good), "{good}");
        }
        for bad in ["", "POST", "C2", "M", "8512", "gift_0001_20", "DCGS0076", "éé123"] {
            assert!(!is_product_code(bad), "{bad}");
        }
    }

    #[test]
    fn columns_in_any_order_and_their_absence() {
        let header = ByteRecord::from(vec![
            "Country",
            "CustomerID",
            " UnitPrice",
            "Quantity",
            "Description",
            "StockCode",
            "InvoiceNo",
        ]);
        let line = ByteRecord::from(vec!["Peru", "1", "2.5", "3", "HEART", "85123A", "9"]);
        assert_eq!(read(Layout::find(&header).unwrap(), &line).unwrap().quantity.count(), 3);
        let poor = ByteRecord::from(vec!["InvoiceNo", "StockCode", "Description", "Price", "CustomerID"]);
        assert_eq!(Layout::find(&poor).unwrap_err(), ["Quantity", "UnitPrice"]);
    }
}
