//! Documents that the shop numbers itself: bills and credit notes, each in a series for every year, without gaps.

use std::fmt;

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use crate::{ClientId, Money, OrderId};

/// What kind of document a series numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// What a client owes for an order.
    Bill,
    /// What is owed back for a cancelled order.
    CreditNote,
}

/// The documents of one kind in one year, numbered from 1 without gaps: `B-2026` or `C-2026`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Series {
    kind: DocumentKind,
    year: i32,
}

impl Series {
    /// The series of documents of this kind that are issued at this time.
    pub fn at(kind: DocumentKind, time: DateTime<Utc>) -> Self {
        Self { kind, year: time.year() }
    }

    /// A number of this series as documents show it: `B-2026-000001`, six digits at least.
    pub fn number(self, number: i64) -> String {
        format!("{self}-{number:06}")
    }

    /// Whether this has the form of a number of a series. Only the shop itself gives such numbers.
    pub fn reserves(number: &str) -> bool {
        let mut parts = number.splitn(3, '-');
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        matches!(
            (parts.next(), parts.next(), parts.next()),
            (Some("B" | "C"), Some(year), Some(digits))
                if year.len() == 4 && all_digits(year) && digits.len() >= 6 && all_digits(digits)
        )
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            DocumentKind::Bill => 'B',
            DocumentKind::CreditNote => 'C',
        };
        write!(f, "{kind}-{:04}", self.year)
    }
}

/// What is owed back for a cancelled order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditNote {
    /// Number in the series of credit notes.
    pub credit_note_number: String,
    /// The order that was cancelled.
    pub order_id: OrderId,
    /// The bill that it takes back.
    pub bill_number: String,
    /// Whose it is.
    pub client_id: ClientId,
    /// The day it was written.
    pub date: NaiveDate,
    /// What is owed back, 0 or more.
    pub total: Money,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_six_digits_or_more() {
        let time = DateTime::parse_from_rfc3339("2026-12-31T23:59:59Z").unwrap().to_utc();
        let series = Series::at(DocumentKind::Bill, time);
        assert_eq!(series.number(1), "B-2026-000001");
        assert_eq!(series.number(1_234_567), "B-2026-1234567");
        assert_eq!(Series::at(DocumentKind::CreditNote, time).to_string(), "C-2026");
        assert!(Series::reserves(&series.number(1)) && Series::reserves(&series.number(1_234_567)));
    }

    #[test]
    fn clients_may_give_other_numbers() {
        for free in
            ["A-2026-000001", "B-26-000001", "B-2026-00001", "B-2026-00000x", "B-2026", "b-2026-000001", ""]
        {
            assert!(!Series::reserves(free), "{free}");
        }
        assert!(Series::reserves("C-1999-999999"));
    }
}
