//! Names each request, times it and writes its one line in the access log.

use std::time::Instant;

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{ACCESS_CONTROL_ALLOW_ORIGIN, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use tracing::Instrument;
use uuid::Uuid;

use super::AllowedOrigins;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const RESPONSE_TIME: HeaderName = HeaderName::from_static("x-response-time");

/// The id of a request: the client's, where that is sane, or a new one.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Puts the request id on every log line and the answer, and logs the request when it is answered.
pub(crate) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let id = given_id(&request).unwrap_or_else(|| Uuid::new_v4().to_string());
    let method = request.method().clone();
    let span = tracing::info_span!("request", request_id = id);
    request.extensions_mut().insert(RequestId(id.clone()));
    let any_origin = request.app_data::<Data<AllowedOrigins>>().is_some_and(|origins| origins.any());
    async move {
        let answered = next.call(request).await;
        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        let mut response = match answered {
            Ok(response) => response,
            // Only a panic comes as an error; the request, and with it the route, is gone.
            Err(error) => {
                log(&method, None, error.as_response_error().status_code(), milliseconds);
                return Err(error);
            }
        };
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, id);
        }
        if any_origin && !headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        }
        if let Ok(time) = HeaderValue::from_str(&format!("{milliseconds:.2}ms")) {
            headers.insert(RESPONSE_TIME, time);
        }
        log(&method, response.request().match_pattern().as_deref(), response.status(), milliseconds);
        Ok(response)
    }
    .instrument(span)
    .await
}

/// The one line of a request. It names the route's pattern, never the raw path: that has many values and may hold
/// personal data.
fn log(method: &Method, route: Option<&str>, status: StatusCode, milliseconds: f64) {
    tracing::info!(
        target: "access",
        %method,
        route = route.unwrap_or("-"),
        status = status.as_u16(),
        duration_ms = (milliseconds * 1000.0).round() / 1000.0,
        "answered"
    );
}

/// The client's own id, when it is 1 to 128 visible ASCII characters.
fn given_id(request: &ServiceRequest) -> Option<String> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let sane = (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    sane.then(|| id.to_owned())
}
