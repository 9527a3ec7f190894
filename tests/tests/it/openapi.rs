//! The OpenAPI document is complete: no route is missing and nothing is left undescribed.

use std::{collections::BTreeSet, path::Path};

use serde_json::{Map, Value};
use stockroom_tests::App;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn document() -> Value {
    serde_json::from_str(&stockroom_web::openapi_json()).expect("the document is JSON")
}

fn operations(document: &Value) -> Vec<(String, String, &Map<String, Value>)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                Some(((*method).to_owned(), path.clone(), item.get(method)?.as_object()?))
            })
        })
        .collect()
}

#[test]
fn every_route_is_in_the_document() {
    let resources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/web/src/api");
    let folders = std::fs::read_dir(resources).expect("the resources are there");
    let folders = folders.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
    let mut declared = BTreeSet::new();
    for file in folders.flat_map(|folder| std::fs::read_dir(folder).expect("a resource")) {
        let source = std::fs::read_to_string(file.expect("an entry").path()).expect("a source file");
        for line in source.lines().filter(|line| line.contains(".route(")) {
            assert!(line.contains("web::to(fallback)"), "not a described handler: {line}");
        }
        for line in source.lines() {
            for method in METHODS {
                if let Some(rest) = line.strip_prefix(&format!("#[{method}(\"")) {
                    declared.insert((method.to_owned(), rest.trim_end_matches("\")]").to_owned()));
                }
            }
        }
    }
    let document = document();
    let described: BTreeSet<_> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    assert!(declared.len() > 50, "the routes were not found");
    assert_eq!(declared, described);
}

#[test]
fn the_operations_and_their_answers() {
    let document = document();
    let lines: Vec<_> = operations(&document)
        .into_iter()
        .map(|(method, path, operation)| {
            let statuses: Vec<_> =
                operation["responses"].as_object().expect("responses").keys().cloned().collect();
            let id = operation["operationId"].as_str().expect("an operationId");
            format!("{:6} {path} {id} {}", method.to_uppercase(), statuses.join(" "))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_operation_is_described() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let tags: BTreeSet<_> =
        document["tags"].as_array().expect("tags").iter().map(|tag| &tag["name"]).map(text).collect();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let name = format!("{method} {path}");
        assert!(ids.insert(text(&operation["operationId"])), "{name}: the operation id is not unique");
        assert!(operation["summary"].is_string(), "{name}: no summary");
        for tag in operation["tags"].as_array().expect("tags") {
            assert!(tags.contains(&text(tag)), "{name}: tag {tag} has no description");
        }
        for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            let parameter_name = format!("{name} {}", parameter["name"]);
            assert!(parameter["description"].is_string(), "{parameter_name}: no description");
            assert!(!parameter["schema"].is_null(), "{parameter_name}: no schema");
            // Pages fill an example in: a key would make every try the same request, a cursor is of one list only.
            let filled_in = parameter["in"] != "header" && parameter["name"] != "after";
            assert_eq!(!parameter["example"].is_null(), filled_in, "{parameter_name}: example");
        }
        for (status, response) in operation["responses"].as_object().expect("responses") {
            assert!(response["description"].is_string(), "{name} {status}: no description");
            let empty = ["204", "304"].contains(&status.as_str());
            assert_eq!(response["content"].is_object(), !empty, "{name} {status}: schema");
            let is_health = ["/health_check", "/readyz"].contains(&path.as_str());
            let failed = status.starts_with(['4', '5']) && !is_health;
            assert!(
                !failed || response["content"]["application/problem+json"]["example"].is_object(),
                "{name} {status}: not a problem document with an example"
            );
        }
        if operation.contains_key("requestBody") {
            for (media_type, content) in operation["requestBody"]["content"].as_object().expect("content") {
                let schema = resolve(&document, &content["schema"]);
                assert!(!schema["example"].is_null(), "{name} {media_type}: the body has no example");
                assert!(operation["responses"].get("413").is_some(), "{name}: 413 is not described");
            }
        }
    }
}

#[test]
fn every_property_has_a_description_and_an_example() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().expect("schemas") {
        let whole = !schema["example"].is_null();
        let parts = schema["allOf"].as_array().into_iter().flatten().chain([schema]);
        for (property, described) in parts.filter_map(|part| part["properties"].as_object()).flatten() {
            let place = format!("{name}.{property}");
            let nested = described.to_string().contains("$ref");
            assert!(described["description"].is_string() || nested, "{place}: no description");
            let shown = described.get("example").is_some()
                || described.get("examples").is_some()
                || described.get("maxItems").is_some_and(|most| most == 0);
            assert!(whole || shown || nested || described.get("format").is_some(), "{place}: no example");
        }
    }
}

#[test]
fn every_list_describes_where_the_next_page_and_the_total_are() {
    let document = document();
    let mut lists = 0;
    for (method, path, operation) in operations(&document) {
        let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let names: BTreeSet<_> = parameters.map(|parameter| text(&parameter["name"])).collect();
        if !names.contains("limit") {
            continue;
        }
        lists += 1;
        for parameter in ["after", "skip", "count"] {
            assert!(names.contains(parameter), "{method} {path}: {parameter}");
        }
        for header in ["Link", "X-Limit-Capped", "X-Total-Count", "X-Total-Count-Kind"] {
            let described = &operation["responses"]["200"]["headers"][header];
            assert!(described["description"].is_string(), "{method} {path}: {header}");
            assert!(described["schema"].is_object(), "{method} {path}: {header}");
        }
    }
    assert_eq!(lists, 13);
}

#[test]
fn every_kept_answer_describes_its_tag_and_how_long_it_holds() {
    let document = document();
    let mut kept = Vec::new();
    for (method, path, operation) in operations(&document) {
        let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let names: BTreeSet<_> = parameters.map(|parameter| text(&parameter["name"])).collect();
        let headers =
            |status: &str| operation["responses"][status]["headers"].as_object().cloned().unwrap_or_default();
        if names.contains("If-Match") {
            assert!(
                method == "delete" || headers("200")["ETag"]["description"].is_string(),
                "{method} {path}"
            );
            assert!(operation["responses"].get("412").is_some(), "{method} {path}: 412 is not described");
            kept.push(format!("{method} {path}"));
        }
        if names.contains("If-None-Match") {
            for status in ["200", "304"] {
                for header in ["ETag", "Cache-Control", "Vary", "X-Cache-Hit"] {
                    assert!(headers(status)[header]["description"].is_string(), "{path} {status}: {header}");
                }
            }
            assert_eq!(
                headers("200").len(),
                headers("304").len(),
                "{path}: the same with and without a body"
            );
            kept.push(format!("{method} {path}"));
        }
    }
    kept.sort();
    let items = ["/categories/{id_key}", "/products/{id_key}"];
    let changes =
        items.iter().flat_map(|path| ["delete", "patch", "put"].map(|method| format!("{method} {path}")));
    let reads = ["/categories", "/products", "/products/filter", "/products/search"]
        .iter()
        .chain(&items)
        .map(|path| format!("get {path}"));
    let mut expected: Vec<_> = changes.chain(reads).collect();
    expected.sort();
    assert_eq!(kept, expected);
}

#[test]
fn only_changes_of_a_product_expect_a_stock() {
    let document = document();
    let schemas = &document["components"]["schemas"];
    let property = |schema: &str| schemas[schema]["properties"]["expected_stock"].clone();
    assert_eq!(property("UpdateProductRequest")["type"], serde_json::json!(["integer", "null"]));
    assert_eq!(property("PatchProductRequest")["type"], "integer");
    for absent in ["CreateProductRequest", "ProductResponse", "UpdateCategoryRequest"] {
        assert!(schemas[absent].is_object() && property(absent).is_null(), "{absent}");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a quoted reference");
        assert!(document["components"]["schemas"].get(name).is_some(), "{name} is not defined");
    }
}

#[tokio::test]
async fn the_document_and_its_pages_are_served_without_help_from_elsewhere() {
    let app = App::start().await;
    let reader = app.actor();
    assert_eq!(reader.get("/openapi.json").await.expect(200), document());
    for (page, scripts) in [
        ("/docs", vec!["/docs/swagger-ui-bundle.js", "/docs/swagger-initializer.js", "/docs/swagger-ui.css"]),
        ("/redoc", vec!["/redoc/redoc.standalone.js"]),
    ] {
        let shown = reader.get(page).await;
        assert_eq!(shown.status, 200);
        assert!(shown.header("content-type").starts_with("text/html"));
        for elsewhere in ["src=\"http", "href=\"http", "src=\"//"] {
            assert!(!shown.text.contains(elsewhere), "{page} loads something from elsewhere");
        }
        for script in scripts {
            assert_eq!(reader.get(script).await.status, 200, "{script}");
        }
    }
    reader.get("/docs/nothing.js").await.expect_problem(404, "Not Found");
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components/schemas/")) {
        Some(name) => &document["components"]["schemas"][name],
        None => schema,
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
