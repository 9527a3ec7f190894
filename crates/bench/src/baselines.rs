//! What `PostgreSQL` can do with the same writes: the two limits that the service is measured against.
//!
//! A limit is only worth something when it is the best that can be had, so how many callers there are (of the single
//! statement) and where they queue (of both) is tried out at the start of a run, and the fastest way is kept.

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

/// Where callers stand in line for a lock of their own before they come to a row that many want. A row that is wanted by
/// many wakes all of them whenever one is done with it; a lock wakes the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Queue {
    /// Nowhere: they wait at the rows.
    None,
    /// Before the row of the series of bills.
    Series,
    /// Before the products, and so before the series too.
    Product,
}

impl Queue {
    pub(crate) const ALL: [Self; 3] = [Self::None, Self::Series, Self::Product];

    /// What the scripts call it.
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Series => 1,
            Self::Product => 2,
        }
    }
}

/// A way to place orders without the service.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Way {
    pub(crate) contender: Contender,
    pub(crate) workload: Workload,
    pub(crate) callers: u32,
    pub(crate) queue: Queue,
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
        let mut best: Option<Trial> = None;
        for (callers, queue) in candidates(contender, callers) {
            let way = Way { contender, workload, callers, queue };
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

/// How many callers and where they queue. One alone has nobody to queue behind.
fn candidates(contender: Contender, callers: u32) -> Vec<(u32, Queue)> {
    let mut tried = if contender == Contender::Single { CALLERS.to_vec() } else { Vec::new() };
    tried.retain(|fewer| *fewer < callers);
    tried.push(callers);
    let queues = |callers| if callers == 1 { &Queue::ALL[..1] } else { &Queue::ALL[..] };
    tried.into_iter().flat_map(|callers| queues(callers).iter().map(move |queue| (callers, *queue))).collect()
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
        let tried = candidates(Contender::Single, 64);
        assert_eq!(tried.len(), 10);
        assert_eq!(tried[0], (1, Queue::None));
        assert!(tried.contains(&(64, Queue::Product)));
        assert_eq!(candidates(Contender::Single, 1), [(1, Queue::None)]);
        assert_eq!(candidates(Contender::Statements, 64).len(), 3);
    }

    #[test]
    fn kept_answers_are_json_of_the_usual_length() {
        let answer = answer(1);
        assert!(serde_json::from_str::<serde_json::Value>(&answer).is_ok());
        assert!((400..500).contains(&answer.len()), "{}", answer.len());
    }
}
