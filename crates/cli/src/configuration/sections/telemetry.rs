//! What operators see of the service: its log, its traces and its metrics.

use serde::{Deserialize, Serialize};

/// The log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A level, or directives for parts of the program.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
    /// From which time on a statement is logged as slow; 0 for never.
    pub slow_query_milliseconds: u64,
    /// From which time on a request is logged as slow; 0 for never.
    pub slow_request_milliseconds: u64,
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "String")]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl TryFrom<String> for LogFormat {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            "auto" => Ok(Self::Auto),
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err(format!("{name:?} is none of auto, text, json")),
        }
    }
}

/// Traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tracing {
    /// URL of a collector that speaks OTLP over HTTP; empty for none.
    pub otlp_endpoint: String,
    /// The share of requests that are traced, where the caller does not decide.
    pub sample_ratio: f64,
}

/// The HTTP server of operators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    /// Whether there is one, and anything is measured.
    pub enabled: bool,
    /// Name or address to listen on.
    pub host: String,
    /// TCP port; 0 is any free one.
    pub port: u16,
    /// Of how many pieces a product has to have fewer to be counted as low.
    pub low_stock: i64,
}
