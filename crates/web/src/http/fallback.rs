//! Knows every path of the API, and answers what no route takes: 404 for unknown paths, 405 with `Allow` for known paths with
//! other methods.

use actix_web::{
    HttpRequest, HttpResponse,
    dev::ResourceDef,
    http::{Method, header},
    web::Data,
};
use utoipa::openapi::{OpenApi, PathItem, path::Operation};

use crate::http::problem::{Problem, ProblemCode};

/// Every path of the API with its methods.
pub(crate) struct KnownPaths(Vec<(ResourceDef, Vec<&'static str>)>);

impl KnownPaths {
    /// The paths of a document, and the pages that describe it.
    pub(crate) fn new(document: &OpenApi) -> Self {
        let mut paths: Vec<_> = document
            .paths
            .paths
            .iter()
            // Fixed paths first, as in routing: `/clients/login` is not the client called "login".
            .flat_map(|(path, item)| [(path.contains('{'), ResourceDef::new(path.as_str()), methods(item))])
            .collect();
        paths.sort_by_key(|(has_parameter, ..)| *has_parameter);
        let mut known: Vec<_> = paths.into_iter().map(|(_, path, methods)| (path, methods)).collect();
        let pages = ["/docs", "/docs/{file}", "/redoc", "/redoc/redoc.standalone.js", "/openapi.json"];
        known.extend(pages.map(|path| (ResourceDef::new(path), vec!["GET", "HEAD", "OPTIONS"])));
        Self(known)
    }

    /// The pattern that a path in its canonical form means, such as `/products/{id}`.
    pub(crate) fn pattern_of(&self, path: &str) -> Option<&str> {
        self.find(path)?.0.pattern()
    }

    fn allowed(&self, path: &str) -> Option<String> {
        Some(self.find(path)?.1.join(", "))
    }

    fn find(&self, path: &str) -> Option<&(ResourceDef, Vec<&'static str>)> {
        self.0.iter().find(|(pattern, _)| pattern.is_match(path))
    }
}

fn methods(item: &PathItem) -> Vec<&'static str> {
    let of = |operation: &Option<Operation>, names: &[&'static str]| {
        if operation.is_some() { names.to_vec() } else { Vec::new() }
    };
    [
        of(&item.get, &["GET", "HEAD"]),
        of(&item.post, &["POST"]),
        of(&item.put, &["PUT"]),
        of(&item.patch, &["PATCH"]),
        of(&item.delete, &["DELETE"]),
        vec!["OPTIONS"],
    ]
    .concat()
}

/// The handler of everything else.
pub(crate) async fn fallback(request: HttpRequest, known: Data<KnownPaths>) -> Result<HttpResponse, Problem> {
    match known.allowed(request.path()) {
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
