//! What `PostgreSQL` can do with the same writes: the two limits that the service is measured against.
//!
//! A limit is only worth something when it is the best that can be had, so the number of callers of the single statement
//! is tried out at the start of a run, and the fastest is kept.

use std::path::Path;

use serde::Serialize;

use crate::{
    contender::Contender,
    failure::Failure,
    measurement::Measurement,
    pgbench::{Pgbench, Script},
    postgres::Postgres,
    workload::Workload,
};

/// Callers that the single statement is tried with, besides as many as there are.
const CALLERS: [u32; 3] = [1, 8, 16];
const TRIAL_SECONDS: u64 = 3;
const TRIAL_WARM_UP: u64 = 1;
const PLACE_ORDER: &str = include_str!("../sql/place_order.sql");

/// A way to place orders without the service.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Way {
    pub(crate) contender: Contender,
    pub(crate) workload: Workload,
    pub(crate) callers: u32,
}

/// A way that was tried out, and how it did.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Trial {
    #[serde(flatten)]
    pub(crate) way: Way,
    pub(crate) per_second: f64,
    /// Cores taken by what has no part in it.
    pub(crate) others: f64,
}

/// Both limits on one `PostgreSQL`.
pub(crate) struct Baselines<'a> {
    postgres: &'a Postgres,
    pgbench: Pgbench<'a>,
    trials: Vec<Trial>,
}

impl<'a> Baselines<'a> {
    pub(crate) fn prepare(postgres: &'a Postgres) -> Result<Self, Failure> {
        postgres.execute(Contender::Single.database(), PLACE_ORDER)?;
        Ok(Self { postgres, pgbench: Pgbench::new(postgres)?, trials: Vec::new() })
    }

    /// Tries the ways to place such orders and returns the fastest.
    pub(crate) fn choose(
        &mut self,
        contender: Contender,
        workload: Workload,
        callers: u32,
        seconds: u64,
    ) -> Result<Way, Failure> {
        let ways =
            candidates(contender, callers).into_iter().map(|callers| Way { contender, workload, callers });
        let ways: Vec<Way> = ways.collect();
        if let [only] = ways[..] {
            return Ok(only);
        }
        let mut best: Option<Trial> = None;
        for way in ways {
            let measured = self.measure(way, TRIAL_WARM_UP, seconds.min(TRIAL_SECONDS))?;
            self.postgres.settle(contender)?;
            let trial = Trial { way, per_second: measured.per_second, others: measured.cores.others };
            if best.as_ref().is_none_or(|best| best.per_second < trial.per_second) {
                best = Some(trial.clone());
            }
            self.trials.push(trial);
        }
        best.map(|best| best.way).ok_or_else(|| Failure::run("there is no way to place such orders"))
    }

    pub(crate) fn measure(&self, way: Way, warm_up: u64, seconds: u64) -> Result<Measurement, Failure> {
        let script = script(way.contender, way.workload);
        self.pgbench.measure(way, &script, warm_up, seconds)
    }

    /// Everything that was tried.
    pub(crate) fn into_trials(self) -> Vec<Trial> {
        self.trials
    }
}

/// How many callers are tried.
fn candidates(contender: Contender, callers: u32) -> Vec<u32> {
    let mut tried = if contender == Contender::Single { CALLERS.to_vec() } else { Vec::new() };
    tried.retain(|fewer| *fewer < callers);
    tried.push(callers);
    tried
}

fn script(contender: Contender, workload: Workload) -> Script {
    let lines = workload.ranges().len();
    let name = match (contender, lines) {
        (Contender::Single, _) => "single_one.sql",
        (_, 1) => "statements_one.sql",
        _ => "statements_three.sql",
    };
    Script { path: Path::new(env!("CARGO_MANIFEST_DIR")).join("sql").join(name), answer: answer(lines) }
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
    fn the_single_statement_is_tried_with_few_and_many_callers() {
        assert_eq!(candidates(Contender::Single, 64), [1, 8, 16, 64]);
        assert_eq!(candidates(Contender::Single, 1), [1]);
        assert_eq!(candidates(Contender::Statements, 64), [64]);
    }

    #[test]
    fn kept_answers_are_json_of_the_usual_length() {
        let answer = answer(1);
        assert!(serde_json::from_str::<serde_json::Value>(&answer).is_ok());
        assert!((400..500).contains(&answer.len()), "{}", answer.len());
    }
}
