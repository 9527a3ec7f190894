//! Swagger UI, Redoc and the document itself. Everything they load comes from this server.

use std::sync::Arc;

use actix_web::{
    HttpResponse, Route,
    http::header::{CONTENT_SECURITY_POLICY, ContentType},
    web::{self, Bytes, Data, Path, ServiceConfig},
};
use stockroom_service::Need;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

use crate::http::{
    problem::{Problem, ProblemCode},
    route_policy::Verb,
    route_table::RegisteredOperation,
};

const REDOC_SCRIPT: &str = include_str!("../../assets/redoc.standalone.js");

const REDOC_PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Stockroom API</title>
<style>body { margin: 0 }</style>
</head>
<body>
<redoc spec-url="/openapi.json" disable-google-font="true"></redoc>
<script src="/redoc/redoc.standalone.js"></script>
</body>
</html>
"#;

/// What the pages may load: their own files, and styles that their scripts make. It keeps Redoc from fetching its maker's logo
/// from elsewhere.
const POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; font-src 'self' data:; worker-src 'self' blob:; frame-ancestors 'none'";

/// The document as JSON, and Swagger UI's configuration.
pub(crate) struct Pages {
    json: Bytes,
    swagger: Arc<Config<'static>>,
}

impl Pages {
    pub(crate) fn new(document: &OpenApi) -> Self {
        let json = document.to_json().unwrap_or_default().into();
        let swagger =
            Config::from("/openapi.json").display_operation_id(true).filter(true).try_it_out_enabled(true);
        Self { json, swagger: Arc::new(swagger) }
    }
}

/// The path of a page, and its handler.
type Page = (&'static str, fn() -> Route);

/// Every page.
const PAGES: [Page; 5] = [
    ("/openapi.json", || web::get().to(json)),
    ("/docs", || web::get().to(swagger_page)),
    ("/docs/{file}", || web::get().to(swagger_file)),
    ("/redoc", || web::get().to(async || html(REDOC_PAGE))),
    ("/redoc/redoc.standalone.js", || web::get().to(redoc_script)),
];

/// Registers the pages.
pub(crate) fn pages(config: &mut ServiceConfig) {
    for (path, handler) in PAGES {
        config.route(path, handler());
    }
}

/// The pages, for the table of routes.
pub(crate) fn operations() -> impl Iterator<Item = RegisteredOperation> {
    PAGES.into_iter().map(|(path, _)| RegisteredOperation {
        verb: Verb::Get,
        pattern: path.to_owned(),
        need: Need::ANYONE,
        cacheable: false,
    })
}

async fn json(pages: Data<Pages>) -> HttpResponse {
    HttpResponse::Ok().content_type(ContentType::json()).body(pages.json.clone())
}

async fn redoc_script() -> HttpResponse {
    HttpResponse::Ok().content_type("text/javascript; charset=utf-8").body(REDOC_SCRIPT)
}

/// Swagger UI's page. It names its files relative to a folder, so the page says which one, with or without a slash in
/// the address.
async fn swagger_page(pages: Data<Pages>) -> Result<HttpResponse, Problem> {
    let (page, _) = swagger(&pages, "index.html")?;
    let page = String::from_utf8_lossy(&page).replacen("<head>", "<head>\n    <base href=\"/docs/\">", 1);
    Ok(html(page))
}

async fn swagger_file(pages: Data<Pages>, file: Path<String>) -> Result<HttpResponse, Problem> {
    let (content, content_type) = swagger(&pages, &file)?;
    Ok(HttpResponse::Ok().content_type(content_type).body(content))
}

fn swagger(pages: &Pages, file: &str) -> Result<(Vec<u8>, String), Problem> {
    match utoipa_swagger_ui::serve(file, Arc::clone(&pages.swagger)) {
        Ok(Some(found)) => Ok((found.bytes.into_owned(), found.content_type)),
        Ok(None) => Err(Problem::new(ProblemCode::UnknownPath, "Not Found")),
        Err(error) => {
            tracing::error!(%error, "Swagger UI cannot be served");
            Err(Problem::internal())
        }
    }
}

fn html(page: impl Into<String>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .body(page.into())
}
