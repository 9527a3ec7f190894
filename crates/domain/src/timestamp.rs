//! Dates of orders and bills, in the many forms that clients send, and moments in the one form that leaves no doubt.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use crate::Violation;

/// When an order was placed: with or without a zone (then UTC), to the minute or finer, or a date alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderDate(pub DateTime<Utc>);

/// The date of a bill: a date, or a timestamp that is cut to the date as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BillDate(pub NaiveDate);

/// A moment in time, with its zone (RFC 3339).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub DateTime<Utc>);

impl Moment {
    /// Reads a timestamp.
    ///
    /// # Errors
    /// `datetime_parsing` when it is not of RFC 3339 or its year is not 1 to 9999.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let moment = DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.with_timezone(&Utc));
        moment.filter(|moment| (1..=9999).contains(&moment.year())).map(Self).ok_or_else(|| {
            Violation::new(
                "datetime_parsing",
                "Input should be an RFC 3339 timestamp, such as 2026-11-21T12:00:00Z (in a URL, + is written %2B)",
            )
        })
    }
}

impl OrderDate {
    /// Reads a date or timestamp.
    ///
    /// # Errors
    /// `datetime_parsing` when it is not one of the forms above or its year is not 1 to 9999.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        parse(text).map(|(_, moment)| Self(moment)).ok_or_else(|| {
            Violation::new("datetime_parsing", "Input should be a valid date or timestamp (ISO 8601)")
        })
    }
}

impl BillDate {
    /// Reads a date or timestamp.
    ///
    /// # Errors
    /// `date_parsing`, as for [`OrderDate::parse`].
    pub fn parse(text: &str) -> Result<Self, Violation> {
        parse(text).map(|(date, _)| Self(date)).ok_or_else(|| {
            Violation::new("date_parsing", "Input should be a valid date (YYYY-MM-DD) or timestamp")
        })
    }
}

/// The date as written and the moment in UTC.
fn parse(text: &str) -> Option<(NaiveDate, DateTime<Utc>)> {
    let text = text.trim();
    let date = NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok()?;
    let rest = text.get(10..)?;
    let moment = match rest.strip_prefix(['T', 't', ' ']) {
        None if rest.is_empty() => date.and_time(NaiveTime::MIN).and_utc(),
        None => return None,
        Some(time) => {
            let (time, zone) = split_zone(time);
            let time = ["%H:%M:%S%.f", "%H:%M"]
                .iter()
                .find_map(|form| NaiveTime::parse_from_str(time, form).ok())?;
            in_zone(date.and_time(time), zone)?
        }
    };
    [date.year(), moment.year()].iter().all(|year| (1..=9999).contains(year)).then_some((date, moment))
}

fn split_zone(time: &str) -> (&str, &str) {
    let zone = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    (time[..zone].trim_end(), &time[zone..])
}

fn in_zone(local: NaiveDateTime, zone: &str) -> Option<DateTime<Utc>> {
    if matches!(zone, "" | "Z" | "z") {
        return Some(local.and_utc());
    }
    let text = format!("{}{zone}", local.format("%Y-%m-%dT%H:%M:%S%.f"));
    let moment = DateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f%z").ok()?;
    Some(moment.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let read = OrderDate::parse(text).ok().map(|date| date.0.to_rfc3339());
        assert_eq!(read.as_deref(), expected, "{text}");
    }

    #[test]
    fn order_dates() {
        check("2024-01-15", Some("2024-01-15T00:00:00+00:00"));
        check("2024-01-15T10:30", Some("2024-01-15T10:30:00+00:00"));
        check("2024-01-15 10:30:05", Some("2024-01-15T10:30:05+00:00"));
        check("2024-01-15T10:30:05.250Z", Some("2024-01-15T10:30:05.250+00:00"));
        check("2024-01-15T10:30:00-03:00", Some("2024-01-15T13:30:00+00:00"));
        check("2024-01-15T23:30:00-0300", Some("2024-01-16T02:30:00+00:00"));
        check("2024-02-30", None);
        check("2024-01-15T25:00", None);
        check("15/01/2024", None);
        check("0000-01-01", None);
        check("9999-12-31T23:59:59-10:00", None);
        check("2024-01-15x", None);
        check("", None);
        check("ééééé", None);
    }

    #[test]
    fn moments_have_a_zone() {
        let read = |text| Moment::parse(text).ok().map(|moment| moment.0.to_rfc3339());
        let noon = Some("2026-11-21T12:00:00+00:00".to_owned());
        assert_eq!(read("2026-11-21T12:00:00Z"), noon);
        assert_eq!(read("2026-11-21T09:00:00-03:00"), noon);
        for other in [
            "",
            "2026-11-21",
            "2026-11-21T12:00:00",
            "2026-11-21T12:00:00 03:00",
            "0000-01-01T00:00:00Z",
            "now",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn a_bill_date_is_cut_as_written() {
        assert_eq!(BillDate::parse("2024-01-15T23:30:00-03:00").unwrap().0.to_string(), "2024-01-15");
        assert_eq!(BillDate::parse("2024-01-15").unwrap().0.to_string(), "2024-01-15");
        assert!(BillDate::parse("today").is_err());
        assert!(BillDate::parse("0000-12-31T23:59:00-01:00").is_err());
    }
}
