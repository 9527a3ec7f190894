//! Fills the shop from a file, and shows how far it is.

use std::{
    fs::File,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use stockroom_retail::{
    import::{self, Phase, Progress, Summary},
    log::LogError,
};

use crate::{
    configuration::Configuration,
    database::{Database, work_on},
    failure::Failure,
    output, telemetry,
};

/// Nobody waits for an import, and its statements are as long as the file.
const LONGEST_STATEMENT: Duration = Duration::from_mins(10);

/// Imports the invoice lines of a shop.
pub(crate) async fn retail(
    configuration: &Configuration,
    data_dir: Option<PathBuf>,
    file: &Path,
) -> Result<(), Failure> {
    telemetry::start(&configuration.log)?;
    readable(file)?;
    let summary = work_on(configuration, data_dir, async |database| into(database, file).await).await?;
    output::print(&summary.to_string())
}

/// Imports a file into a database that is open.
pub(crate) async fn into(database: &Database, file: &Path) -> Result<Summary, Failure> {
    database.migrate().await?;
    let pool = database.patient_pool(LONGEST_STATEMENT, "import")?;
    import::import(&pool, file, reporter()?)
        .await
        .map_err(|error| Failure::run(format!("nothing was imported: {error}")))
}

/// A wrong name should not cost the start of a database.
pub(crate) fn readable(file: &Path) -> Result<(), Failure> {
    File::open(file)
        .map(drop)
        .map_err(|source| Failure::run(LogError::Open { path: file.to_owned(), source }.to_string()))
}

/// Shows progress on standard error: as a bar on a terminal, else as a line for every tenth of the file.
fn reporter() -> Result<Box<dyn Fn(Progress) + Send>, Failure> {
    if !io::stderr().is_terminal() {
        return Ok(Box::new(lines()));
    }
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {elapsed}")
        .map_err(|error| Failure::run(format!("cannot show progress: {error}")))?;
    let bar = ProgressBar::new(0).with_style(style).with_message("reading");
    Ok(Box::new(move |progress| match progress.phase {
        Phase::Reading => {
            bar.set_length(progress.bytes_total);
            bar.set_position(progress.bytes_read);
        }
        Phase::Saving => {
            bar.finish_and_clear();
            eprintln!("saving");
        }
    }))
}

fn lines() -> impl Fn(Progress) + Send {
    let told = AtomicU64::new(0);
    move |progress| {
        if progress.phase == Phase::Saving {
            eprintln!("saving");
            return;
        }
        let tenths = (progress.bytes_read * 10).checked_div(progress.bytes_total).unwrap_or(0);
        if told.fetch_max(tenths, Ordering::Relaxed) < tenths {
            eprintln!("reading: {} %", tenths * 10);
        }
    }
}
