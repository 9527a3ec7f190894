//! Brings the paths that clients may use to the one canonical path, before routing and without a redirect.

use actix_web::{
    dev::ServiceRequest,
    http::{Method, Uri},
};

const PREFIX: &str = "/api/v1";

/// Drops the `/api/v1` prefix and one trailing slash, turns `/things/id/7` into `/things/7`, and routes HEAD like GET
/// (the server sends no body for it).
pub(super) fn normalize(request: &mut ServiceRequest) {
    if let Some(uri) = canonical_uri(request.uri()) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
}

/// The URI with the canonical form of its path, where that differs.
fn canonical_uri(uri: &Uri) -> Option<Uri> {
    let path = canonical(uri.path())?;
    let with_query = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let mut parts = uri.clone().into_parts();
    // What was a valid path stays one when parts of it are dropped.
    parts.path_and_query = Some(with_query.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// The canonical form of a path, where it differs.
fn canonical(path: &str) -> Option<String> {
    let mut short = match path.strip_prefix(PREFIX) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    };
    if short.len() > 1 {
        short = short.strip_suffix('/').unwrap_or(short);
    }
    let mut segments = short.splitn(4, '/').skip(1);
    if let (Some(collection), Some("id"), Some(id)) = (segments.next(), segments.next(), segments.next())
        && !collection.is_empty()
        && !id.is_empty()
        && !id.contains('/')
    {
        return Some(format!("/{collection}/{id}"));
    }
    (short.len() < path.len()).then(|| short.to_owned())
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[track_caller]
    fn check(path: &str, expected: &str) {
        assert_eq!(canonical(path).as_deref().unwrap_or(path), expected, "{path}");
    }

    #[test]
    fn paths() {
        check("/products", "/products");
        check("/products/", "/products");
        check("/products//", "/products/");
        check("/api/v1/products", "/products");
        check("/api/v1/products/", "/products");
        check("/api/v1/products/id/7/", "/products/7");
        check("/products/id/7", "/products/7");
        check("/products/id", "/products/id");
        check("/products/id/", "/products/id");
        check("/products/id/7/more", "/products/id/7/more");
        check("/api/v1", "/");
        check("/api/v1/", "/");
        check("/api/v10/products", "/api/v10/products");
        check("/", "/");
    }
}
