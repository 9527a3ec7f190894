//! Lists of entity tags, as `If-None-Match` and `If-Match` have them (RFC 9110, 8.8.3 and 13.1). Nothing in them is refused:
//! what is no tag is none of ours.

use actix_web::http::header::{HeaderMap, HeaderName};

/// What a header names, whichever of its lines it stands in; `None` when there is no such header.
pub(crate) fn named<'a>(headers: &'a HeaderMap, header: &HeaderName) -> Option<Vec<&'a str>> {
    let lines: Vec<_> = headers.get_all(header).collect();
    let texts = lines.iter().filter_map(|line| line.to_str().ok());
    (!lines.is_empty()).then(|| texts.flat_map(split).collect())
}

/// The members of a list. A comma within quotes is part of a tag.
fn split(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let separates = move |character| {
        quoted ^= character == '"';
        character == ',' && !quoted
    };
    list.split(separates).map(str::trim)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderValue, IF_MATCH};

    use super::*;

    #[track_caller]
    fn check(lines: &[&'static str], expected: Option<&[&str]>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IF_MATCH, HeaderValue::from_static(line));
        }
        assert_eq!(named(&headers, &IF_MATCH).as_deref(), expected, "{lines:?}");
    }

    #[test]
    fn members() {
        check(&[], None);
        check(&["*"], Some(&["*"]));
        check(&["\"a\""], Some(&["\"a\""]));
        check(&["\"a\", W/\"b\"", "\"c\""], Some(&["\"a\"", "W/\"b\"", "\"c\""]));
        check(&["\"a, *, b\",c"], Some(&["\"a, *, b\"", "c"]));
        check(&["\"a, *"], Some(&["\"a, *"]));
        check(&[""], Some(&[""]));
    }

    #[test]
    fn what_is_no_text_names_nothing() {
        let mut headers = HeaderMap::new();
        headers.append(IF_MATCH, HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(named(&headers, &IF_MATCH), Some(Vec::new()));
    }
}
