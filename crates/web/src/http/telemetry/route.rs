//! The pattern of the route that a request took, read off what the router has left, without asking it again and without
//! allocating.

use std::{cell::RefCell, fmt::Write as _};

use actix_web::HttpRequest;

/// The route of requests that mean none.
pub(crate) const UNROUTED: &str = "-";

thread_local! {
    static PATTERN: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Calls `use_it` with the pattern of the request's route, such as `/products/{id}`; `None` when it was not routed.
pub(crate) fn with_route<T>(request: &HttpRequest, use_it: impl FnOnce(&str) -> T) -> Option<T> {
    PATTERN.with(|pattern| {
        let mut pattern = pattern.try_borrow_mut().ok()?;
        write(request, &mut pattern)?;
        Some(use_it(&pattern))
    })
}

fn write(request: &HttpRequest, pattern: &mut String) -> Option<()> {
    let matched = request.match_info();
    // The router leaves nothing of a path that it has found, and everything of one that it has not.
    if !matched.unprocessed().is_empty() {
        return None;
    }
    let path = matched.as_str();
    let base = path.as_ptr().addr();
    pattern.clear();
    let mut copied = 0;
    for (name, value) in matched.iter() {
        let start = value.as_ptr().addr().checked_sub(base)?;
        pattern.push_str(path.get(copied..start)?);
        write!(pattern, "{{{name}}}").ok()?;
        copied = start + value.len();
    }
    pattern.push_str(path.get(copied..)?);
    Some(())
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App, HttpRequest, HttpResponse,
        dev::Service as _,
        test::{self, TestRequest},
        web,
    };

    use super::*;

    async fn told(request: HttpRequest) -> HttpResponse {
        HttpResponse::Ok().body(with_route(&request, str::to_owned).unwrap_or_default())
    }

    #[actix_web::test]
    async fn the_route_is_the_pattern_and_never_the_path() {
        let app = App::new()
            .route("/products", web::get().to(told))
            .route("/products/{id}", web::get().to(told))
            .route("/orders/{id}/lines/{line}", web::get().to(told))
            .route("/docs/{tail:.*}", web::get().to(told))
            .default_service(web::to(told));
        let app = test::init_service(app).await;
        for (path, pattern) in [
            ("/products", "/products"),
            ("/products/7", "/products/{id}"),
            ("/products/%41b%20c", "/products/{id}"),
            ("/orders/7/lines/7", "/orders/{id}/lines/{line}"),
            ("/docs/", "/docs/{tail}"),
            ("/docs/a/b", "/docs/{tail}"),
            ("/nowhere/7", ""),
            ("/products/7/more", ""),
        ] {
            let answer = app.call(TestRequest::get().uri(path).to_request()).await.unwrap();
            assert_eq!(test::read_body(answer).await, pattern, "{path}");
        }
    }
}
