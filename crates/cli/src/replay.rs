//! Replays the log of another shop as traffic against a running service, and tells whether what it answered adds up.
//!
//! It imports the log first, into the database of the service, so that its products and clients are there. What is sent,
//! and what the answers mean, is decided by `stockroom_retail::replay`; here it is sent (`caller.rs`) and asked
//! for again where no answer came (`remote.rs`). The keys of a run make it safe to repeat under its name.

mod answer;
mod caller;
mod progress;
mod remote;

use std::{
    path::PathBuf,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use stockroom_retail::replay::{self as retail_replay, Plan, Report};
use stockroom_service::{Pool, invariants};

use crate::{
    arguments, configuration::Configuration, database::work_on, failure::Failure, import, output, telemetry,
};
use caller::Traffic;
use progress::Progress;
use remote::Remote;

/// The check at the end reads whole tables.
const LONGEST_STATEMENT: Duration = Duration::from_mins(10);
/// Offenders of each invariant that the check at the end lists, at most.
const MOST_OFFENDERS: u32 = 10;

/// Replays a log; prints the report and the check of all invariants. Fails when totals differ, when an answer was not
/// understood, when the service was lost, or when an invariant does not hold.
pub(crate) async fn replay(
    configuration: &Configuration,
    data_dir: Option<PathBuf>,
    options: arguments::Replay,
) -> Result<(), Failure> {
    telemetry::start(&configuration.log)?;
    import::readable(&options.file)?;
    let run = options.run.clone().unwrap_or_else(new_name);
    // An empty variable counts as unset.
    let key = options.api_key.as_deref().filter(|key| !key.is_empty());
    let remote = Remote::new(&configuration.server, options.url.as_deref(), key, &run)?;
    remote.reach().await?;
    work_on(configuration, data_dir, async |database| {
        if !options.no_import {
            let summary = import::into(database, &options.file).await?;
            let (products, clients) = (summary.products.inserted, summary.clients.inserted);
            eprintln!("imported: {products} new products, {clients} new clients");
        }
        let pool = database.patient_pool(LONGEST_STATEMENT, "replay")?;
        let plan = retail_replay::plan(&pool, &options.file, options.limit)
            .await
            .map_err(|error| Failure::run(format!("nothing was sent: {error}")))?;
        if let Some((product, sku)) = plan.catalogue.sample() {
            remote.expect_product(product, sku).await?;
        }
        eprintln!("run {run}: if it is interrupted, it can be continued with --run {run}");
        let faults = send(remote, plan, options.concurrency).await?;
        finish(faults, check(&pool).await, &run)
    })
    .await
}

/// A name that no other run has.
fn new_name() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}", now.as_millis())
}

/// Sends everything, prints the report, and returns what is wrong with the answers.
async fn send(remote: Remote, plan: Plan, callers: u16) -> Result<Vec<String>, Failure> {
    let Plan { lines, events, catalogue, schedule } = plan;
    let progress = Progress::start(events.turns())?;
    let started = Instant::now();
    let (outcome, lost) = Traffic::new(remote, catalogue, schedule, progress).run(callers).await?;
    let report = Report { lines, events, outcome, took: started.elapsed() };
    output::print(&report.to_string())?;
    let outcome = &report.outcome;
    Ok([lost, outcome.strange.fault(), outcome.revenue.fault()].into_iter().flatten().collect())
}

/// Checks the data that the run leaves behind, as `stockroom check` does, prints the table, and returns what is wrong.
async fn check(pool: &Pool) -> Result<Option<String>, Failure> {
    let report = invariants::check(pool, MOST_OFFENDERS).await;
    let report = report.map_err(|error| Failure::run(format!("the check did not finish: {error}")))?;
    output::print(&format!("\n{report}"))?;
    Ok(report.fault())
}

fn finish(
    mut faults: Vec<String>,
    checked: Result<Option<String>, Failure>,
    run: &str,
) -> Result<(), Failure> {
    faults.extend(checked.unwrap_or_else(|failure| Some(failure.sentence())));
    if faults.is_empty() { Ok(()) } else { Err(Failure::run(format!("run {run}: {}", faults.join("; ")))) }
}
