//! Prints the audit log, one JSON document a line, as it is read.

use std::{
    io::{self, ErrorKind, Write},
    path::PathBuf,
    pin::pin,
    time::Duration,
};

use futures_util::StreamExt;
use stockroom_service::{AuditFilter, export_audit};
use stockroom_web::audit_lines;

use crate::{configuration::Configuration, database::work_on, failure::Failure, telemetry};

/// A filter may have to pass by many entries before it finds some; nobody waits for them.
const LONGEST_STATEMENT: Duration = Duration::from_mins(10);

/// Prints all entries that pass, newest first. A reader that has seen enough is no failure.
pub(crate) async fn export(
    configuration: &Configuration,
    data_dir: Option<PathBuf>,
    filter: AuditFilter,
) -> Result<(), Failure> {
    telemetry::start(&configuration.log)?;
    work_on(configuration, data_dir, async |database| {
        let pool = database.patient_pool(LONGEST_STATEMENT, "audit")?;
        let mut pages = pin!(export_audit(&pool, filter.clone()));
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| Failure::run(format!("the export is not complete: {error}")))?;
            match print(&audit_lines(page)) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
                Err(error) => return Err(Failure::run(format!("cannot write to standard output: {error}"))),
                Ok(()) => {}
            }
        }
        Ok(())
    })
    .await
}

fn print(lines: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(lines)?;
    stdout.flush()
}
