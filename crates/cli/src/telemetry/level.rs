//! The level of the log, which can be changed while the service runs.

use std::sync::{Mutex, PoisonError};

use tracing_subscriber::{EnvFilter, Registry, reload};

use super::filter;
use crate::configuration::level_fault;

/// The level of the log.
pub(crate) struct LogLevel {
    now: Mutex<String>,
    handle: reload::Handle<EnvFilter, Registry>,
}

impl LogLevel {
    pub(super) fn new(level: String, handle: reload::Handle<EnvFilter, Registry>) -> Self {
        Self { now: Mutex::new(level), handle }
    }

    /// What it is.
    pub(crate) fn get(&self) -> String {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes it. What is quiet at the start stays so unless it is named.
    ///
    /// # Errors
    /// A sentence, when it cannot be read.
    pub(crate) fn set(&self, level: &str) -> Result<(), String> {
        if let Some(fault) = level_fault(level) {
            return Err(format!("the level is {level:?}, {fault}"));
        }
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let filter = filter(level).map_err(|error| error.to_string())?;
        self.handle.reload(filter).map_err(|error| error.to_string())?;
        level.clone_into(&mut now);
        Ok(())
    }
}
