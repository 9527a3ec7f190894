//! Answers what no operation takes: 404 for unknown paths, 405 with `Allow` for known paths with other methods.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web::Data,
};

use crate::http::{
    problem::{Problem, ProblemCode},
    route_table::{RouteTable, Routed},
};

/// The handler of everything else.
pub(crate) async fn fallback(
    request: HttpRequest,
    routes: Data<RouteTable>,
) -> Result<HttpResponse, Problem> {
    match Routed::of(&request).route.map(|route| routes.allowed(route)) {
        None => Err(Problem::new(ProblemCode::UnknownPath, "Not Found")),
        Some(allowed) if request.method() == Method::OPTIONS => {
            Ok(HttpResponse::NoContent().insert_header((header::ALLOW, allowed)).finish())
        }
        Some(allowed) => {
            Err(Problem::new(ProblemCode::MethodNotAllowed, "Method Not Allowed")
                .with_header("Allow", allowed))
        }
    }
}
