//! JSON bodies, read with a limit of size and time before anything is parsed.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    dev::Payload,
    error::PayloadError,
    http::header,
    web::{Bytes, BytesMut, Data},
};
use futures_util::StreamExt;
use metrics::counter;
use serde_json::Value;
use stockroom_domain::Violation;
use stockroom_input::{Fields, FromFields, Violations};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::yield_now,
};

use crate::http::{
    admission::in_turn,
    problem::{Problem, ProblemCode},
    route_policy::BodySize,
    route_table::Routed,
    unread::leave_unread,
};

/// How large a body may be and how long it may take to arrive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    /// Bytes at most.
    pub(crate) bytes: usize,
    /// Time from the first to the last byte at most.
    pub(crate) time: Duration,
}

/// Bytes of a [`BodySize::Small`] body at most.
const SMALL_LIMIT: usize = 16 * 1024;

impl BodyLimits {
    /// Those of bodies of this size.
    fn of_size(self, size: BodySize) -> Self {
        match size {
            BodySize::Small => Self { bytes: self.bytes.min(SMALL_LIMIT), ..self },
            BodySize::Configured => self,
        }
    }
}

/// A JSON body read forgivingly: unknown keys are ignored, null counts as absent.
pub(crate) struct Body<T>(pub(crate) T);

/// A JSON merge patch (RFC 7396) read strictly: unknown and protected keys are refused, null clears.
pub(crate) struct Patch<T>(pub(crate) T);

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl<T: FromFields + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read_json(request, payload);
        Box::pin(async move { Ok(Self(Fields::read("body", body.await?)?)) })
    }
}

impl<T: FromFields + 'static> FromRequest for Patch<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read_json(request, payload);
        Box::pin(async move { Ok(Self(Fields::read_strict("body", body.await?)?)) })
    }
}

pub(super) fn read_json(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Value, Problem>> + use<> {
    let body = read_bytes(request, payload, &mime::APPLICATION_JSON);
    async move { parse(&body.await?) }
}

/// The bytes of a body of this media type.
pub(super) fn read_bytes(
    request: &HttpRequest,
    payload: &mut Payload,
    wanted: &mime::Mime,
) -> impl Future<Output = Result<Bytes, Problem>> + use<> {
    let size = Routed::of(request).policy.handling.body;
    let limits = request.app_data::<Data<BodyLimits>>().map(|limits| limits.of_size(size));
    let accepted = check_headers(request, wanted, limits);
    let mut payload = Unread(Some(payload.take()));
    let request = request.clone();
    async move {
        accepted?;
        let limits = limits.ok_or_else(Problem::internal)?;
        let payload_of_request = payload.0.as_mut().ok_or_else(Problem::internal)?;
        let read = out_of_turn(&request, collect_in_time(payload_of_request, limits)).await?;
        drop(payload.0.take());
        Ok(read)
    }
}

/// Reads a body. While it is still on its way, it is another request's turn.
async fn out_of_turn(
    request: &HttpRequest,
    reading: impl Future<Output = Result<Bytes, Problem>>,
) -> Result<Bytes, Problem> {
    let mut reading = pin!(reading);
    if let Poll::Ready(read) = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await {
        return read;
    }
    // What came with the head is handed over after the handler was first asked.
    yield_now().await;
    if let Poll::Ready(read) = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await {
        return read;
    }
    let paused = in_turn(request).filter(|turn| turn.pause());
    let read = reading.await?;
    if let Some(turn) = paused {
        turn.resume(request).await?;
    }
    Ok(read)
}

async fn collect_in_time(payload: &mut Payload, limits: BodyLimits) -> Result<Bytes, Problem> {
    let too_late = |_| Problem::new(ProblemCode::Timeout, "The request body did not arrive in time");
    tokio::time::timeout(limits.time, collect(payload, limits.bytes)).await.map_err(too_late)?
}

/// A body that may be left unread: because it is refused, or because its request is before anybody looks at it.
struct Unread(Option<Payload>);

impl Drop for Unread {
    fn drop(&mut self) {
        if let Some(payload) = self.0.take() {
            leave_unread(payload);
        }
    }
}

/// What the headers alone rule out, before a byte of the body is read.
fn check_headers(
    request: &HttpRequest,
    wanted: &mime::Mime,
    limits: Option<BodyLimits>,
) -> Result<(), Problem> {
    let unsupported = |given: &str| {
        let text = format!("The body should be {wanted}, got {given}");
        Problem::new(ProblemCode::UnsupportedMediaType, text)
    };
    let media_type = request.mime_type().map_err(|_| unsupported("a media type that cannot be read"))?;
    if let Some(media_type) = media_type
        && media_type.subtype() != wanted.subtype()
        && media_type.suffix() != Some(wanted.subtype())
    {
        return Err(unsupported(media_type.essence_str()));
    }
    if let Some(encoding) = request.headers().get(header::CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(unsupported("a compressed body"));
    }
    let length: Option<usize> =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    match (length, limits) {
        (Some(length), Some(limits)) if limits.bytes < length => Err(too_large(limits.bytes)),
        _ => Ok(()),
    }
}

fn too_large(limit: usize) -> Problem {
    Problem::new(ProblemCode::TooLarge, format!("The request body is larger than {limit} bytes"))
}

/// Memory for bodies that are not small, in KiB, of all requests together: most clients send little, and nobody can take
/// all memory by sending much, slowly, on many connections.
static LARGE: Semaphore = Semaphore::const_new(64 * 1024);
/// Bytes of a body that is small.
const SMALL: usize = 16 * 1024;

/// The part of the memory for large bodies that one of them has.
#[derive(Default)]
struct Share(Option<SemaphorePermit<'static>>);

impl Share {
    /// Makes room for this many bytes.
    fn grow(&mut self, bytes: usize) -> Result<(), Problem> {
        let has = self.0.as_ref().map_or(0, SemaphorePermit::num_permits);
        let more = u32::try_from(bytes.div_ceil(1024).saturating_sub(has)).unwrap_or(u32::MAX);
        if bytes <= SMALL || more == 0 {
            return Ok(());
        }
        let Ok(permit) = LARGE.try_acquire_many(more) else {
            counter!("stockroom_http_requests_shed_total", "reason" => "bodies").increment(1);
            return Err(Problem::unavailable_for(1));
        };
        match &mut self.0 {
            Some(held) => held.merge(permit),
            None => self.0 = Some(permit),
        }
        Ok(())
    }
}

async fn collect(payload: &mut Payload, limit: usize) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    let mut share = Share::default();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| match error {
            PayloadError::Incomplete(_) => Problem::new(ProblemCode::Timeout, "The request body was cut off"),
            _ => Problem::new(ProblemCode::BadRequest, "The request body cannot be read"),
        })?;
        if bytes.len() + chunk.len() > limit {
            return Err(too_large(limit));
        }
        share.grow(bytes.len() + chunk.len())?;
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    if bytes.is_empty() {
        let missing = Violation::new("missing", "Field required");
        return Err(Violations::one("body", "", missing, Value::Null).into());
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let violation = Violation::new("json_invalid", format!("JSON decode error: {error}"));
        Violations::one("body", "", violation, Value::Null).into()
    })
}
