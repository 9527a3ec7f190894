//! One invoice line: what it sold or took back, or why it is left out.
//!
//! Checked in this order, and the first that applies decides: a cancellation (where sales are wanted), a code that is no
//! product, a quantity of 0 or less, a price of 0 or less. A line is malformed when a field that has to be read cannot
//! be. A line without a customer is used: it sold something to somebody.

use csv::ByteRecord;
use stockroom_domain::{Money, Price, ProductName, Quantity, Sku, Violation};
use stockroom_repository::imports::ExternalNumber;

/// The columns that are read; others may be there and are ignored.
pub(crate) const COLUMNS: [&str; 6] =
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

    /// The fields of a line, trimmed.
    ///
    /// # Errors
    /// [`Skip::Malformed`] when there are more or fewer than columns, or one is not text.
    pub(super) fn fields(self, record: &ByteRecord) -> Result<Fields<'_>, Skip> {
        if record.len() != self.width {
            return Err(malformed(format!("{} fields instead of {}", record.len(), self.width)));
        }
        let mut fields = [""; COLUMNS.len()];
        for ((field, position), name) in fields.iter_mut().zip(self.positions).zip(COLUMNS) {
            let bytes = record.get(position).unwrap_or_default();
            *field = str::from_utf8(bytes).map_err(|_| malformed(format!("{name} is not UTF-8")))?.trim();
        }
        let [invoice, code, description, quantity, price, customer] = fields;
        Ok(Fields { invoice, code, description, quantity, price, customer })
    }
}

/// The fields of a line, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fields<'a> {
    pub(crate) invoice: &'a str,
    code: &'a str,
    description: &'a str,
    quantity: &'a str,
    price: &'a str,
    customer: &'a str,
}

/// A line that sold something, or took it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) sku: Sku,
    pub(crate) name: Option<ProductName>,
    pub(crate) quantity: Quantity,
    pub(crate) price: Price,
    pub(crate) customer: Option<ExternalNumber>,
}

/// Why a line is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Skip {
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

impl Fields<'_> {
    /// Whether the line takes an invoice, or a part of one, back.
    pub(crate) fn is_cancellation(&self) -> bool {
        self.invoice.starts_with(['C', 'c'])
    }

    /// What the line sold.
    pub(crate) fn sale(&self) -> Result<Row, Skip> {
        if self.is_cancellation() {
            return Err(Skip::Cancellation);
        }
        self.row(|quantity| quantity)
    }

    /// What a line of a cancellation took back; there the log counts downwards.
    pub(crate) fn taken_back(&self) -> Result<Row, Skip> {
        self.row(i64::saturating_neg)
    }

    fn row(&self, pieces: impl Fn(i64) -> i64) -> Result<Row, Skip> {
        let bad = |column: &str, violation: &Violation| malformed(format!("{column}: {violation}"));
        if !is_product_code(self.code) {
            return Err(Skip::NotProduct);
        }
        let quantity = self.quantity.parse().map_err(|_| malformed("Quantity is not a whole number"))?;
        let quantity = pieces(quantity);
        let price = Money::parse(self.price).map_err(|violation| bad("UnitPrice", &violation))?;
        if quantity <= 0 {
            return Err(Skip::NoQuantity);
        }
        if price <= Money::ZERO {
            return Err(Skip::NoPrice);
        }
        Ok(Row {
            // The same product is written in upper and lower case.
            sku: Sku::parse(self.code.to_uppercase()).map_err(|violation| bad("StockCode", &violation))?,
            name: match self.description {
                "" => None,
                text => Some(ProductName::parse(text).map_err(|violation| bad("Description", &violation))?),
            },
            quantity: Quantity::new(quantity).map_err(|violation| bad("Quantity", &violation))?,
            price: Price::new(price).map_err(|violation| bad("UnitPrice", &violation))?,
            customer: match self.customer {
                "" => None,
                text => Some(customer_number(text).ok_or_else(|| malformed("CustomerID is not a number"))?),
            },
        })
    }
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
        layout().fields(&ByteRecord::from(fields.to_vec()))?.sale()
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
    fn a_line_of_a_cancellation_takes_back() {
        let taken_back = |quantity| {
            let record = ByteRecord::from(vec!["C536379", "85123a", "HEART", quantity, "2.55", "17850"]);
            let fields = layout().fields(&record).unwrap();
            assert!(fields.is_cancellation());
            fields.taken_back()
        };
        let row = taken_back("-2").unwrap();
        assert_eq!((row.sku.as_str(), row.quantity.count(), row.price.money().minor()), ("85123A", 2, 255));
        assert_eq!(taken_back("2"), Err(Skip::NoQuantity));
        assert!(matches!(taken_back("-9223372036854775808"), Err(Skip::Malformed(_))));
        let record = ByteRecord::from(vec!["C536379", "D", "Discount", "-1", "27.50", "14527"]);
        assert_eq!(layout().fields(&record).unwrap().taken_back(), Err(Skip::NotProduct));
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
        assert_eq!(layout().fields(&broken), Err(malformed("Description is not UTF-8")));
        let short = ByteRecord::from(vec!["1", "85123A"]);
        assert_eq!(layout().fields(&short), Err(malformed("2 fields instead of 6")));
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
        let fields = Layout::find(&header).unwrap().fields(&line).unwrap();
        assert_eq!((fields.invoice, fields.sale().unwrap().quantity.count()), ("9", 3));
        let poor = ByteRecord::from(vec!["InvoiceNo", "StockCode", "Description", "Price", "CustomerID"]);
        assert_eq!(Layout::find(&poor).unwrap_err(), ["Quantity", "UnitPrice"]);
    }
}
