//! Brings the database to the newest version, or tells what that would do.

use std::path::PathBuf;

use crate::{configuration::Configuration, database::work_on, failure::Failure, output, telemetry};

/// Runs the pending migrations, or only lists them, and prints their names.
pub(crate) async fn migrate(
    configuration: &Configuration,
    data_dir: Option<PathBuf>,
    only_list: bool,
) -> Result<(), Failure> {
    telemetry::start(&configuration.log)?;
    let (names, none) = work_on(configuration, data_dir, async |database| {
        Ok(if only_list {
            (database.pending_migrations().await?, "no migration is pending")
        } else {
            (database.migrate().await?, "no migration was pending")
        })
    })
    .await?;
    output::print(&if names.is_empty() { none.to_owned() } else { names.join("\n") })
}
