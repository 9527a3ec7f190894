//! The outermost layer: names each request, times it, writes its one line in the access log, and turns every failure into
//! a problem document: problems of ours, errors of the framework, and panics.

use std::{
    panic::AssertUnwindSafe,
    rc::Rc,
    time::{Duration, Instant},
};

use actix_cors::CorsError;
use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{
            ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, HeaderMap, HeaderName,
            HeaderValue, ORIGIN, TRANSFER_ENCODING,
        },
    },
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt;
use tokio::time::timeout;
use tracing::{Instrument, Span, field};

use super::{
    cors::AllowedOrigins,
    hardening::{DATA_ONLY, harden},
    normalize::normalize,
    seen::Seen,
};
use crate::http::{
    answer::NO_STORE,
    caller::API_KEY,
    lingering::Answering,
    problem::{Problem, ProblemCode},
    request_id::{REQUEST_ID, RequestId},
    route_table::{RouteTable, Routed},
    telemetry::{InFlight, Telemetry, TraceIds, TraceParent, UNROUTED, method_name},
};

const RESPONSE_TIME: HeaderName = HeaderName::from_static("x-response-time");

/// What is known at the edge of the server. Each thread has this for itself: counts of references that threads share would
/// cost every request.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) origins: AllowedOrigins,
    pub(crate) telemetry: Telemetry,
    pub(crate) routes: Data<RouteTable>,
    /// How long a request may take to be answered.
    pub(crate) response_time: Duration,
    /// How long its body may take to arrive, beside that.
    pub(crate) body_time: Duration,
}

/// Puts the request id on every log line and the answer, answers failures, and logs the request when it is answered.
pub(crate) async fn edge<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let started = Instant::now();
    let _answering = Answering::begin(&request);
    let id = RequestId::of(&request);
    let Some(at) = request.app_data::<Rc<Edge>>().cloned() else { return Err(Problem::internal().into()) };
    let asking = request.headers().get(ORIGIN).cloned();
    if request.headers().contains_key(AUTHORIZATION) || request.headers().contains_key(API_KEY) {
        // Only who is known is written into the audit log, with the id of the request.
        request.extensions_mut().insert(id.clone());
    }
    let span = span(&request, id.text(), &at.telemetry);
    let in_flight = at.telemetry.measured.then(InFlight::enter);
    let method = method_name(request.method());
    normalize(&mut request);
    let routed = at.routes.resolve(request.method(), request.match_info().as_str());
    request.extensions_mut().insert(routed);
    let route = routed.route.map_or(UNROUTED, |route| at.routes.pattern(route));
    let seen = Seen::new(&request, &at.telemetry, &span, (method, route));
    let answering = timeout(time_limit(&request, &at), next.call(request).instrument(span.clone()));
    let answered = AssertUnwindSafe(answering).catch_unwind().await;
    drop(in_flight);
    let _inside = span.enter();
    let lost = |problem: Problem| {
        seen.answered(problem.status_code(), started.elapsed());
        Err(without_request(problem, &id, &at.origins, asking.as_ref()).into())
    };
    let mut response = match answered {
        Ok(Ok(Ok(response))) => answer_failure(response, &id),
        Ok(Ok(Err(error))) => {
            seen.answered(error.as_response_error().status_code(), started.elapsed());
            return Err(error);
        }
        Ok(Err(_)) => {
            tracing::warn!("a request took too long to be answered");
            return lost(Problem::unavailable());
        }
        // The panic hook has logged it.
        Err(_) => return lost(Problem::internal()),
    };
    let taken = started.elapsed();
    let private = is_private(&routed, response.request());
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, id.into_value());
    if private && !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(NO_STORE));
    }
    if !headers.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN) && at.origins.any() {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    if let Ok(time) = HeaderValue::try_from(in_milliseconds(taken)) {
        headers.insert(RESPONSE_TIME, time);
    }
    harden(headers);
    seen.answered(response.status(), taken);
    Ok(response)
}

/// Whether an answer is for the caller alone. So is that of a handler that the table does not know; a path that nobody knows
/// answers 404 to all.
fn is_private(routed: &Routed, request: &HttpRequest) -> bool {
    // The router leaves nothing of a path that it has found.
    let was_routed = || routed.route.is_some() || request.match_info().unprocessed().is_empty();
    routed.policy.private && was_routed()
}

/// Makes a problem document of an error, with what other layers have put into the headers.
fn answer_failure<B>(response: ServiceResponse<B>, id: &RequestId) -> ServiceResponse<EitherBody<B>> {
    let mut answer = match response.response().error() {
        None => return response.map_into_left_body(),
        Some(error) => match error.as_error::<Problem>() {
            Some(problem) => problem.response(Some(id.text())),
            None => of_error(error).response(Some(id.text())),
        },
    };
    carry_over(response.headers(), &mut answer);
    response.into_response(answer).map_into_right_body()
}

fn carry_over(from: &HeaderMap, to: &mut HttpResponse) {
    let set: Vec<HeaderName> = to.headers().keys().cloned().collect();
    for (name, value) in from.iter().filter(|(name, _)| !set.contains(name)) {
        to.headers_mut().append(name.clone(), value.clone());
    }
}

/// How long a request may take to be answered, with the time that its body has to arrive.
fn time_limit(request: &ServiceRequest, at: &Edge) -> Duration {
    let headers = request.headers();
    let has_body = !request.method().is_safe()
        && (headers.contains_key(CONTENT_LENGTH) || headers.contains_key(TRANSFER_ENCODING));
    at.response_time + if has_body { at.body_time } else { Duration::ZERO }
}

/// The request is gone with the handler, so the answer is an error, which carries its headers itself.
fn without_request(
    problem: Problem,
    id: &RequestId,
    origins: &AllowedOrigins,
    asking: Option<&HeaderValue>,
) -> Problem {
    let id = id.text().to_owned();
    let problem = problem
        .with_request_id(id.clone())
        .with_header("X-Request-ID", id)
        .with_header("X-Content-Type-Options", "nosniff")
        .with_header("X-Frame-Options", "DENY")
        .with_header("Referrer-Policy", "no-referrer")
        .with_header("Cross-Origin-Resource-Policy", "same-origin")
        .with_header("Content-Security-Policy", DATA_ONLY);
    let asking = asking.and_then(|origin| origin.to_str().ok());
    match origins.header_for(asking) {
        Some(origin) => problem.with_header("Access-Control-Allow-Origin", origin),
        None => problem,
    }
}

/// The problem that an error of the framework stands for.
fn of_error(error: &Error) -> Problem {
    if let Some(refused) = error.as_error::<CorsError>() {
        return Problem::new(ProblemCode::BadRequest, refused.to_string());
    }
    let status = error.as_response_error().status_code();
    let code = match status {
        StatusCode::NOT_FOUND => ProblemCode::UnknownPath,
        StatusCode::METHOD_NOT_ALLOWED => ProblemCode::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => ProblemCode::Timeout,
        StatusCode::PAYLOAD_TOO_LARGE => ProblemCode::TooLarge,
        status if status.is_client_error() => ProblemCode::BadRequest,
        _ => {
            tracing::error!(%error, "internal error");
            return Problem::internal();
        }
    };
    Problem::new(code, code.title())
}

/// The span of a request: on every line of the log that is written meanwhile are its id and its trace, which is that of
/// the caller where it says so. Its level is error because the lines that matter most have it at any level of the log.
fn span(request: &ServiceRequest, id: &str, telemetry: &Telemetry) -> Span {
    let parent = TraceParent::of(request.headers());
    let Some(traces) = telemetry.traces.as_ref() else {
        let own = TraceIds::random();
        let trace = parent.map_or(own, |parent| parent.ids).shown_trace();
        let span = own.shown_span();
        return tracing::error_span!("request", request_id = id, trace_id = %trace, span_id = %span);
    };
    let span = tracing::error_span!(
        "request",
        otel.kind = "server",
        request_id = id,
        trace_id = field::Empty,
        span_id = field::Empty
    );
    let ids = traces.begin(&span, parent.as_ref());
    span.record("trace_id", field::display(ids.shown_trace()));
    span.record("span_id", field::display(ids.shown_span()));
    span
}

/// Such as `41.11ms`.
fn in_milliseconds(time: Duration) -> String {
    let hundredths = time.as_micros() / 10;
    format!("{}.{:02}ms", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use std::{
        rc::Rc,
        sync::{Arc, Mutex},
        time::Duration,
    };

    use actix_web::{
        App, HttpServer,
        middleware::from_fn,
        web::{self, Data},
    };
    use stockroom_service::Need;
    use tracing::Span;

    use crate::http::{
        middleware::{AllowedOrigins, Edge, cors, edge},
        route_policy::Verb,
        route_table::{RegisteredOperation, RouteTable},
        telemetry::{Telemetry, TraceIds, TraceParent, Traces},
    };

    /// What is told of requests.
    #[derive(Default)]
    struct Told(Mutex<Vec<(String, u16)>>);

    impl Traces for Told {
        fn begin(&self, _: &Span, _: Option<&TraceParent>) -> TraceIds {
            TraceIds::random()
        }

        fn end(&self, _: &Span, _: &str, route: &str, status: u16) {
            self.0.lock().unwrap().push((route.to_owned(), status));
        }
    }

    async fn broken() -> &'static str {
        panic!("a handler is broken")
    }

    #[actix_web::test]
    async fn a_panic_is_answered_like_any_other_failure() {
        let origins = vec!["https://shop.example".to_owned()];
        let told = Arc::<Told>::default();
        let traces = Some(Arc::clone(&told) as Arc<dyn Traces>);
        let product = RegisteredOperation {
            verb: Verb::Get,
            pattern: "/products/{id_key}".to_owned(),
            need: Need::ANYONE,
            cacheable: true,
        };
        let at = Edge {
            origins: AllowedOrigins(origins.clone()),
            telemetry: Telemetry { traces, ..Telemetry::default() },
            routes: Data::new(RouteTable::new([product])),
            response_time: Duration::from_mins(1),
            body_time: Duration::from_mins(1),
        };
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Rc::new(at.clone()))
                .route("/products/{id_key}", web::get().to(broken))
                .wrap(cors(&origins))
                .wrap(from_fn(edge))
        });
        let server = server.workers(1).bind("127.0.0.1:0").unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);

        let answer = actix_web::rt::task::spawn_blocking(move || ask(address)).await.unwrap();

        assert!(answer.starts_with("HTTP/1.1 500 "), "{answer}");
        let lower = answer.to_lowercase();
        assert!(lower.contains("x-request-id: mine\r\n"), "{answer}");
        assert!(lower.contains("access-control-allow-origin: https://shop.example\r\n"), "{answer}");
        assert!(answer.contains(r#""detail":"Internal Server Error""#), "{answer}");
        assert!(answer.contains(r#""request_id":"mine""#), "{answer}");
        assert!(!answer.contains("broken"), "{answer}");
        assert_eq!(*told.0.lock().unwrap(), [("/products/{id_key}".to_owned(), 500)]);
        handle.stop(false).await;
    }

    fn ask(address: std::net::SocketAddr) -> String {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let request = "GET /products/7 HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nX-Request-ID: mine\r\n\
                       Origin: https://shop.example\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}
