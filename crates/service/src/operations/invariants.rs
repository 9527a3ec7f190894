//! Whether everything that must be true of a shop is true of this one, as a table for people.

use std::fmt;

use stockroom_domain::format_thousands;
use stockroom_repository::invariants;
pub use stockroom_repository::invariants::{Finding, Invariant, Offender};

use crate::{Pool, Result};

/// What the check of all invariants found.
#[derive(Debug, Clone)]
pub struct Report {
    findings: Vec<Finding>,
}

/// Checks every invariant on one snapshot of the database, while others use it, and lists at most `most` offenders of
/// each.
///
/// # Errors
/// Only when the database fails.
pub async fn check(pool: &Pool, most: u32) -> Result<Report> {
    let mut conn = pool.get().await?;
    Ok(Report { findings: invariants::check(&mut conn, most.into()).await? })
}

impl Report {
    /// What was found of each invariant.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Which invariants do not hold, as a sentence; `None` when all do.
    pub fn fault(&self) -> Option<String> {
        let names: Vec<_> = self.broken().map(|finding| finding.invariant.name).collect();
        let (broken, all) = (names.len(), self.findings.len());
        let verb = if broken == 1 { "does" } else { "do" };
        (broken > 0).then(|| format!("{broken} of {all} invariants {verb} not hold: {}", names.join(", ")))
    }

    fn broken(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.wrong > 0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<20}{:>14}  {:<14}{:>9}", "Invariant", "Rows checked", "Verdict", "ms")?;
        for Finding { invariant, checked, wrong, took, .. } in &self.findings {
            let verdict = if *wrong == 0 { "ok".to_owned() } else { format!("{} wrong", count(*wrong)) };
            let (name, checked, took) = (invariant.name, count(*checked), took.as_millis());
            write!(f, "\n{name:<20}{checked:>14}  {verdict:<14}{took:>9}")?;
        }
        for Finding { invariant, wrong, offenders, .. } in self.broken() {
            write!(f, "\n\n{}: {}", invariant.name, invariant.sentence)?;
            for Offender { name, detail } in offenders {
                write!(f, "\n  {name}: {detail}")?;
            }
            match wrong.unsigned_abs().saturating_sub(offenders.len() as u64) {
                0 => {}
                more if offenders.is_empty() => write!(f, "\n  {} wrong", format_thousands(more))?,
                more => write!(f, "\n  and {} more", format_thousands(more))?,
            }
        }
        Ok(())
    }
}

fn count(number: i64) -> String {
    format_thousands(number.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn finding(name: &str, wrong: i64, offenders: &[(&str, &str)]) -> Finding {
        let offender =
            |(name, detail): &(&str, &str)| Offender { name: (*name).into(), detail: (*detail).into() };
        Finding {
            invariant: *invariants::ALL.iter().find(|invariant| invariant.name == name).unwrap(),
            checked: 3407,
            wrong,
            offenders: offenders.iter().map(offender).collect(),
            took: Duration::from_micros(12_700),
        }
    }

    #[test]
    fn a_clean_report_is_a_table() {
        let report = Report { findings: vec![finding("stock-ledger", 0, &[])] };
        let table = "\
Invariant             Rows checked  Verdict              ms
stock-ledger                 3,407  ok                   12";
        assert_eq!(report.to_string(), table);
        assert_eq!(report.fault(), None);
    }

    #[test]
    fn offenders_are_listed_below_the_table() {
        let offenders = [("product 5", "stock 5, movements 7"), ("product 9", "deleted, movements 1")];
        let findings = vec![
            finding("stock-ledger", 1202, &offenders),
            finding("gone-lines", 0, &[]),
            finding("stock-not-negative", 1, &[("product 8", "stock -1")]),
        ];
        let report = Report { findings };
        let table = "\
Invariant             Rows checked  Verdict              ms
stock-ledger                 3,407  1,202 wrong          12
gone-lines                   3,407  ok                   12
stock-not-negative           3,407  1 wrong              12

stock-ledger: The stock of a product is the sum of its movements; those of a deleted product add up to 0.
  product 5: stock 5, movements 7
  product 9: deleted, movements 1
  and 1,200 more

stock-not-negative: No stock is below 0.
  product 8: stock -1";
        assert_eq!(report.to_string(), table);
        let fault = "2 of 3 invariants do not hold: stock-ledger, stock-not-negative";
        assert_eq!(report.fault().as_deref(), Some(fault));
    }

    #[test]
    fn a_list_of_nothing_still_tells_how_many() {
        let report = Report { findings: vec![finding("stock-not-negative", 3, &[])] };
        assert!(report.to_string().ends_with("No stock is below 0.\n  3 wrong"), "{report}");
        assert_eq!(report.fault().as_deref(), Some("1 of 1 invariants does not hold: stock-not-negative"));
    }
}
