//! Turns every failure into a problem document with the id of its request: problems of ours, errors of the framework,
//! and panics.

use std::panic::AssertUnwindSafe;

use actix_cors::CorsError;
use actix_web::{
    Error, HttpMessage,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header::ORIGIN},
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt;

use super::{RequestId, cors::AllowedOrigins};
use crate::problem::{Problem, ProblemCode};

/// Answers failures; lets successes through.
pub(crate) async fn recover<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let origin = request.app_data::<Data<AllowedOrigins>>().and_then(|origins| {
        origins.header_for(request.headers().get(ORIGIN).and_then(|origin| origin.to_str().ok()))
    });
    let Ok(outcome) = AssertUnwindSafe(next.call(request)).catch_unwind().await else {
        // The panic hook has logged it. The request is gone with the handler, so the answer is an error, which the
        // middleware around this one does not touch: it carries its headers itself.
        let problem = Problem::internal().with_request_id(id.clone()).with_header("X-Request-ID", id);
        return Err(match origin {
            Some(origin) => problem.with_header("Access-Control-Allow-Origin", origin).into(),
            None => problem.into(),
        });
    };
    let response = outcome?;
    let answer = match response.response().error() {
        None => return Ok(response.map_into_left_body()),
        Some(error) => match error.as_error::<Problem>() {
            Some(problem) => problem.response(Some(&id)),
            None => of_error(error).response(Some(&id)),
        },
    };
    Ok(response.into_response(answer).map_into_right_body())
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

#[cfg(test)]
mod tests {
    use actix_web::{
        App, HttpServer,
        middleware::from_fn,
        web::{self, Data},
    };

    use crate::middleware::{AllowedOrigins, cors, observe, recover};

    async fn broken() -> &'static str {
        panic!("a handler is broken")
    }

    #[actix_web::test]
    async fn a_panic_is_answered_like_any_other_failure() {
        let origins = vec!["https://shop.example".to_owned()];
        let server = HttpServer::new(move || {
            App::new()
                .app_data(Data::new(AllowedOrigins(origins.clone())))
                .route("/broken", web::get().to(broken))
                .wrap(from_fn(recover))
                .wrap(cors(&origins))
                .wrap(from_fn(observe))
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
        handle.stop(false).await;
    }

    fn ask(address: std::net::SocketAddr) -> String {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let request = "GET /broken HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nX-Request-ID: mine\r\n\
                       Origin: https://shop.example\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}
