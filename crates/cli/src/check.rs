//! Checks the shop's data for what must always be true of it, while others use it, and prints what is not.

use std::{path::PathBuf, time::Duration};

use stockroom_service::invariants;

use crate::{configuration::Configuration, database::work_on, failure::Failure, output, telemetry};

/// The queries read whole tables; serving goes on meanwhile, so nobody waits for them.
const LONGEST_STATEMENT: Duration = Duration::from_mins(10);

/// Prints a table of all invariants and the first `most` offenders of each; fails when one does not hold.
pub(crate) async fn check(
    configuration: &Configuration,
    data_dir: Option<PathBuf>,
    most: u32,
) -> Result<(), Failure> {
    telemetry::start(&configuration.log)?;
    let report = work_on(configuration, data_dir, async |database| {
        let pending = database.pending_migrations().await?;
        if !pending.is_empty() {
            let names = pending.join(", ");
            return Err(Failure::run(format!(
                "nothing was checked: run `stockroom migrate` first, the database lacks {names}"
            )));
        }
        let pool = database.patient_pool(LONGEST_STATEMENT, "check")?;
        let report = invariants::check(&pool, most).await;
        report.map_err(|error| Failure::run(format!("the check did not finish: {error}")))
    })
    .await?;
    output::print(&report.to_string())?;
    report.fault().map_or(Ok(()), |fault| Err(Failure::run(fault)))
}
