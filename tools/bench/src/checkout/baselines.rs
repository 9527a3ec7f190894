//! What `PostgreSQL` can do with the same writes: the two limits that the service is measured against.
//!
//! The number of callers of the single statement is tried out at the start of a run, and the fastest is kept.

use std::path::Path;

use crate::{
    arguments::Common,
    failure::Failure,
    measurement::Measured,
    pgbench::{Pgbench, Script},
    postgres::Postgres,
    trials::{self, Trial},
};

use super::{
    SHOP, Subject,
    contender::Contender,
    workload::{CLIENTS, Workload},
};

const PLACE_ORDER: &str = include_str!("../../sql/place_order.sql");
/// SHA-256 of a request body.
const FINGERPRINT: &str = r"\x9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// A way to place orders without the service.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    pub(super) subject: Subject,
    pub(super) callers: u32,
}

/// Both limits on one `PostgreSQL`.
pub(super) struct Baselines<'a> {
    postgres: &'a Postgres,
    pgbench: Pgbench<'a>,
    /// Products that the shop has.
    products: u64,
    /// The series that this year's bills are numbered in.
    series: String,
    trials: Vec<Trial<Subject>>,
}

impl<'a> Baselines<'a> {
    pub(super) fn prepare(postgres: &'a Postgres, products: u64) -> Result<Self, Failure> {
        postgres.execute(Contender::Single.database(), PLACE_ORDER)?;
        let series = postgres.query(SHOP, "SELECT series FROM document_series")?;
        Ok(Self { postgres, pgbench: Pgbench::new(postgres), products, series, trials: Vec::new() })
    }

    /// Tries the ways to place such orders and returns the fastest.
    pub(super) fn choose(&mut self, subject: Subject, common: &Common) -> Result<Way, Failure> {
        let candidates = match subject.contender {
            Contender::Single => trials::candidates(common.callers),
            _ => vec![common.callers],
        };
        let duration = trials::duration((common.warm_up, common.seconds));
        let mut tried = Vec::new();
        let callers = trials::fastest(subject, &candidates, &mut tried, |callers| {
            let measured = self.measure(Way { subject, callers }, duration)?;
            self.postgres.settle(&[subject.contender.database()])?;
            Ok(measured)
        })?;
        self.trials.append(&mut tried);
        Ok(Way { subject, callers })
    }

    pub(super) fn measure(&self, way: Way, duration: (u64, u64)) -> Result<Measured, Failure> {
        let Subject { workload, contender } = way.subject;
        let script = self.script(contender, workload);
        self.pgbench.measure(contender.database(), &script, way.callers, duration)
    }

    /// Everything that was tried.
    pub(super) fn into_trials(self) -> Vec<Trial<Subject>> {
        self.trials
    }

    fn script(&self, contender: Contender, workload: Workload) -> Script {
        let lines = workload.lines();
        let name = match (contender, lines) {
            (Contender::Single, _) => "single_one.sql",
            (_, 1) => "statements_one.sql",
            _ => "statements_three.sql",
        };
        let mut variables = vec![
            ("clients".to_owned(), CLIENTS.to_string()),
            ("series".to_owned(), self.series.clone()),
            ("fingerprint".to_owned(), FINGERPRINT.to_owned()),
            ("answer".to_owned(), answer(lines)),
        ];
        for (line, (first, last)) in (1..).zip(workload.ranges(self.products)) {
            variables.push((format!("from{line}"), first.to_string()));
            variables.push((format!("to{line}"), last.to_string()));
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql").join(name);
        Script { path, variables, is_fast: false }
    }
}

/// An answer as long as the service's, which is kept with the key.
fn answer(lines: usize) -> String {
    let line = r#"{"id_key":123456,"quantity":1,"price":45.67,"order_id":123456,"product_id":4567,"product":{"id_key":4567,"name":"Product 4567","sku":"SKU-04567"}}"#;
    let lines = vec![line; lines].join(",");
    format!(
        r#"{{"id_key":123456,"date":"2026-11-21T10:30:00Z","total":45.67,"delivery_method":3,"status":1,"client_id":777,"bill_id":123456,"address":null,"order_details":[{lines}],"bill":{{"id_key":123456,"bill_number":"B-2026-123456","discount":0.0,"date":"2026-11-21","total":45.67,"payment_type":2,"client_id":777}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_answers_are_json_of_the_usual_length() {
        let answer = answer(1);
        assert!(serde_json::from_str::<serde_json::Value>(&answer).is_ok());
        assert!((400..500).contains(&answer.len()), "{}", answer.len());
    }
}
