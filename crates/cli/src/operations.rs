//! What operators see of the service: its metrics, the level of its log and who gives it trouble, on a port of its own.

mod metrics;

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use metrics::Collected;
use stockroom_service::Shop;
use stockroom_web::{
    Offenders,
    operations::{self, Operations},
};

use crate::{
    configuration::Configuration,
    failure::Failure,
    listener,
    telemetry::{LogLevel, Telemetry},
};

/// The server of operators, if it is wanted, and what requests have to do with it.
pub(crate) struct Operators {
    telemetry: stockroom_web::Telemetry,
    level: Arc<LogLevel>,
    open: Option<Open>,
    low_stock: i64,
}

/// A port that was taken.
struct Open {
    listener: TcpListener,
    address: SocketAddr,
    collected: Collected,
    offenders: Arc<Offenders>,
}

impl Operators {
    /// Takes the port, and begins to measure: whatever is made before it is not.
    pub(crate) async fn prepare(
        configuration: &Configuration,
        telemetry: &Telemetry,
    ) -> Result<Self, Failure> {
        let (operations, slow) = (&configuration.operations, configuration.log.slow_request_milliseconds);
        let open = if operations.enabled {
            let listener = listener::bind_operations(operations).await?;
            let address = listener
                .local_addr()
                .map_err(|error| Failure::run(format!("cannot tell which port was taken: {error}")))?;
            Some(Open { listener, address, collected: Collected::start()?, offenders: Arc::default() })
        } else {
            None
        };
        let seen = stockroom_web::Telemetry {
            measured: open.is_some(),
            slow_request: (slow > 0).then(|| Duration::from_millis(slow)),
            offenders: open.as_ref().map(|open| Arc::clone(&open.offenders)),
            traces: telemetry.exporting.as_ref().map(|exporting| Arc::clone(exporting) as _),
        };
        let low_stock = operations.low_stock;
        Ok(Self { telemetry: seen, level: Arc::clone(&telemetry.level), open, low_stock })
    }

    /// What is seen of requests.
    pub(crate) fn telemetry(&self) -> stockroom_web::Telemetry {
        self.telemetry.clone()
    }

    /// Where operators look, if they can.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        self.open.as_ref().map(|open| open.address)
    }

    /// Answers operators about this shop, until the process ends.
    pub(crate) fn watch(&self, shop: &Shop) -> Result<(), Failure> {
        let Some(open) = &self.open else { return Ok(()) };
        let failed =
            |error: std::io::Error| Failure::run(format!("cannot start the server of operators: {error}"));
        let console =
            Console { shop: shop.clone(), level: Arc::clone(&self.level), collected: open.collected.clone() };
        let listener = open.listener.try_clone().map_err(failed)?;
        let server =
            operations::server(listener, shop.clone(), Arc::new(console), Arc::clone(&open.offenders))
                .map_err(failed)?;
        tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the server of operators ended");
            }
        });
        let (shop, low_stock, collected) = (shop.clone(), self.low_stock, open.collected.clone());
        tokio::spawn(async move {
            tokio::join!(shop.keep_measuring(low_stock), collected.keep_small());
        });
        Ok(())
    }
}

/// What operators are answered with.
struct Console {
    shop: Shop,
    level: Arc<LogLevel>,
    collected: Collected,
}

impl Operations for Console {
    fn metrics(&self) -> String {
        self.collected.render(&self.shop.readings())
    }

    fn log_level(&self) -> String {
        self.level.get()
    }

    fn set_log_level(&self, level: &str) -> Result<(), String> {
        self.level.set(level)
    }
}
