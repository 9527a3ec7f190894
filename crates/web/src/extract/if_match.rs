//! The `If-Match` header: what somebody who wants to change a resource has seen of it (RFC 9110, 13.1.1).

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderValue},
};
use stockroom_service::Seen;

use crate::problem::Problem;

/// The entity tags in `If-Match`; none when the header is absent, or says that anything will do.
pub(crate) struct IfMatch(Option<Vec<String>>);

impl IfMatch {
    /// What was seen, where the answer is rendered like this.
    pub(crate) fn seen<V>(self, render: fn(V) -> Vec<u8>) -> Option<Seen<V>> {
        self.0.map(|tags| Seen { tags, render })
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let values: Vec<&HeaderValue> = request.headers().get_all(header::IF_MATCH).collect();
        ready(Ok(Self(read(&values))))
    }
}

/// A tag that is not one of ours, weak ones included, matches nothing.
fn read(values: &[&HeaderValue]) -> Option<Vec<String>> {
    let text = |value: &&HeaderValue| value.to_str().unwrap_or_default().to_owned();
    let texts: Vec<String> = values.iter().map(text).collect();
    let tags = texts.iter().flat_map(|text| text.split(',')).map(|tag| tag.trim().to_owned());
    let tags: Vec<String> = tags.collect();
    if values.is_empty() || tags.iter().any(|tag| tag == "*") { None } else { Some(tags) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(values: &[&'static str], expected: Option<&[&str]>) {
        let values: Vec<HeaderValue> = values.iter().map(|value| HeaderValue::from_static(value)).collect();
        let tags = read(&values.iter().collect::<Vec<_>>());
        assert_eq!(
            tags.as_deref().map(|tags| tags.iter().map(String::as_str).collect()),
            expected.map(<[&str]>::to_vec)
        );
    }

    #[test]
    fn tags() {
        check(&[], None);
        check(&["*"], None);
        check(&["\"a\""], Some(&["\"a\""]));
        check(&["\"a\", W/\"b\"", "\"c\""], Some(&["\"a\"", "W/\"b\"", "\"c\""]));
        check(&[""], Some(&[""]));
    }
}
