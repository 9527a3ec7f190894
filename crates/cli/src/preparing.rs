//! Waits for the database of the service and makes it ready: migrations, the language of searches, the demo catalogue.
//!
//! What passes is waited for: a server that is not up yet, is full, or is a standby. What does not pass without somebody
//! who changes something ends the program with one sentence.

use std::time::{Duration, Instant};

use stockroom_repository::Error;
use stockroom_retail::demo;
use stockroom_service::{self as service, LanguageError, Pool, search_in};

use crate::{configuration::Configuration, database::Database, failure::Failure};

/// The pause after the first try; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How often it is said that the service waits.
const REMINDER: Duration = Duration::from_secs(30);

/// Why the database is not ready.
enum NotReady {
    /// It may be, later.
    Yet(String),
    /// It will not be.
    Ever(Failure),
}

/// Returns when the database is ready. A private server has been waited for already.
pub(crate) async fn prepare(
    configuration: &Configuration,
    database: &Database,
    pool: &Pool,
) -> Result<(), Failure> {
    let (mut pause, mut told) = (FIRST_PAUSE, None::<Instant>);
    loop {
        let reason = match attempt(configuration, database, pool).await {
            Ok(()) => break,
            Err(NotReady::Yet(reason)) => reason,
            Err(NotReady::Ever(failure)) => return Err(failure),
        };
        if told.is_none_or(|at| at.elapsed() >= REMINDER) {
            tracing::warn!(database = database.shown_url(), reason, "waiting for the database");
            told = Some(Instant::now());
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    if told.is_some() {
        tracing::info!("the database is there");
    }
    Ok(())
}

async fn attempt(configuration: &Configuration, database: &Database, pool: &Pool) -> Result<(), NotReady> {
    if let Err(error) = pool.get().await {
        return Err(not_ready(database, &error, |error| database.unreached(error)));
    }
    let migrated = database.try_to_migrate().await;
    let failed = |error: &Error| Failure::run(error.to_string());
    for migration in migrated.map_err(|error| not_ready(database, &error, failed))? {
        tracing::info!(migration, "migrated the database");
    }
    let language = &configuration.search.language;
    let indexed = search_in(pool, language).await.map_err(|error| match error {
        LanguageError::Unknown { .. } => NotReady::Ever(Failure::usage(format!("search.language: {error}"))),
        LanguageError::Failed(service::Error::Unavailable(reason)) if database.server().is_none() => {
            NotReady::Yet(reason)
        }
        LanguageError::Failed(error) => {
            NotReady::Ever(Failure::run(format!("cannot index the products: {error}")))
        }
    })?;
    if indexed > 0 {
        tracing::info!(products = indexed, language, "indexed the products in another language");
    }
    if configuration.demo.catalogue {
        let seeded = demo::seed(pool).await;
        let unfilled = |error: &Error| Failure::run(format!("cannot fill the shop: {error}"));
        if seeded.map_err(|error| not_ready(database, &error, unfilled))? {
            tracing::info!("filled the empty shop with the demo catalogue");
        }
    }
    Ok(())
}

fn not_ready(database: &Database, error: &Error, sentence: impl FnOnce(&Error) -> Failure) -> NotReady {
    if error.passes() && database.server().is_none() {
        NotReady::Yet(database.reason(error))
    } else {
        NotReady::Ever(sentence(error))
    }
}
