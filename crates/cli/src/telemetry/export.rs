//! Sends spans to an OpenTelemetry collector, in the background and in batches. A collector that does not answer costs the
//! spans that do not fit into the queue meanwhile, and a line of the log now and then.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use opentelemetry::{
    Context,
    trace::{SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider},
};
use opentelemetry_http::{HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    trace::{
        BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracer, SdkTracerProvider, SpanData, SpanExporter,
    },
};
use stockroom_web::{TraceIds, TraceParent, Traces};
use tokio::runtime::Handle;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt};
use tracing_subscriber::registry::LookupSpan;

use crate::{configuration::Tracing, failure::Failure};

/// Where a collector takes spans, below its endpoint.
const PATH: &str = "/v1/traces";
/// Spans that wait to be sent at most; more are dropped.
const QUEUE: usize = 8192;
/// Spans in one request at most.
const BATCH: usize = 512;
/// The pause between two requests when there is little to send.
const DELAY: Duration = Duration::from_secs(2);
/// How long a collector may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is told at most that a collector does not answer.
const TELLING: Duration = Duration::from_mins(1);

/// Exports spans.
pub(crate) struct Exporting {
    provider: SdkTracerProvider,
}

impl Exporting {
    /// Starts it if an endpoint is configured, in the runtime that this is called in.
    pub(crate) fn start(tracing: &Tracing) -> Result<Option<Self>, Failure> {
        if tracing.otlp_endpoint.is_empty() {
            return Ok(None);
        }
        let failed = |error: &dyn fmt::Display| {
            Failure::usage(format!("tracing.otlp_endpoint cannot be used: {error}"))
        };
        let client = Client {
            runtime: Handle::try_current().map_err(|error| failed(&error))?,
            client: reqwest::Client::builder().timeout(PATIENCE).build().map_err(|error| failed(&error))?,
        };
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(format!("{}{PATH}", tracing.otlp_endpoint.trim_end_matches('/')))
            .with_timeout(PATIENCE)
            .build()
            .map_err(|error| failed(&error))?;
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(DELAY)
            .build();
        let processor =
            BatchSpanProcessor::builder(Calm { exporter, told: Mutex::default(), lost: AtomicU64::new(0) })
                .with_batch_config(config)
                .build();
        let root = Sampler::TraceIdRatioBased(tracing.sample_ratio);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor)
            .with_sampler(Sampler::ParentBased(Box::new(root)))
            .with_resource(Resource::builder().with_service_name("stockroom").build())
            .build();
        Ok(Some(Self { provider }))
    }

    /// Sends what waits, and no more.
    pub(super) fn end(&self) {
        // What goes wrong has been told by the exporter.
        let _ = self.provider.shutdown_with_timeout(PATIENCE);
    }

    /// The layer that makes spans of the program's spans.
    pub(super) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>(&self) -> OpenTelemetryLayer<S, SdkTracer> {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("stockroom"))
            .with_location(false)
            .with_threads(false)
            .with_level(false)
            .with_tracked_inactivity(false)
    }
}

impl Traces for Exporting {
    fn begin(&self, span: &Span, parent: Option<&TraceParent>) -> TraceIds {
        if let Some(parent) = parent {
            let flags = if parent.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
            let state = parent.state.as_deref().and_then(|state| state.parse::<TraceState>().ok());
            let context = SpanContext::new(
                TraceId::from(parent.ids.trace),
                SpanId::from(parent.ids.span),
                flags,
                true,
                state.unwrap_or_default(),
            );
            // It fails when the span has begun, which it has not.
            let _ = span.set_parent(Context::new().with_remote_span_context(context));
        }
        let context = span.context();
        let span = context.span();
        let ids = span.span_context();
        TraceIds {
            trace: u128::from_be_bytes(ids.trace_id().to_bytes()),
            span: u64::from_be_bytes(ids.span_id().to_bytes()),
        }
    }

    fn end(&self, span: &Span, method: &str, route: &str, status: u16) {
        let context = span.context();
        let span = context.span();
        span.update_name(format!("{method} {route}"));
        for (name, value) in [
            ("http.request.method", opentelemetry::Value::from(method.to_owned())),
            ("http.route", route.to_owned().into()),
            ("http.response.status_code", i64::from(status).into()),
        ] {
            span.set_attribute(opentelemetry::KeyValue::new(name, value));
        }
        if status >= 500 {
            span.set_status(Status::error(""));
        }
    }
}

/// Sends requests on the runtime: the exporter has a thread of its own, outside it.
#[derive(Debug)]
struct Client {
    runtime: Handle,
    client: reqwest::Client,
}

impl HttpClient for Client {
    fn send_bytes<'life, 'future>(
        &'life self,
        request: Request<Bytes>,
    ) -> BoxFuture<'future, Result<Response<Bytes>, HttpError>>
    where
        'life: 'future,
        Self: 'future,
    {
        let client = self.client.clone();
        let sending = self.runtime.spawn(async move {
            let request = reqwest::Request::try_from(request)?;
            let answer = client.execute(request).await?;
            let status = answer.status();
            let body = answer.bytes().await?;
            Ok::<_, reqwest::Error>((status, body))
        });
        Box::pin(async move {
            let (status, body) = sending.await??;
            Ok(Response::builder().status(status).body(body)?)
        })
    }
}

/// An exporter whose failures are told now and then.
#[derive(Debug)]
struct Calm<E> {
    exporter: E,
    told: Mutex<Option<Instant>>,
    lost: AtomicU64,
}

impl<E: SpanExporter> SpanExporter for Calm<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len() as u64;
        let exported = self.exporter.export(batch).await;
        if let Err(error) = &exported {
            let lost = self.lost.fetch_add(spans, Ordering::Relaxed) + spans;
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_none_or(|at| at.elapsed() >= TELLING) {
                *told = Some(Instant::now());
                tracing::warn!(%error, lost, "could not export traces");
            }
        }
        exported
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
