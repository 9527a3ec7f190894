//! The `If-Match` header: what somebody who wants to change a resource has seen of it (RFC 9110, 13.1.1).

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};
use stockroom_service::Seen;

use crate::http::{entity_tags::named, problem::Problem};

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
        ready(Ok(Self(seen(named(request.headers(), &header::IF_MATCH)))))
    }
}

/// A tag that is not one of ours, weak ones included, matches nothing.
fn seen(named: Option<Vec<&str>>) -> Option<Vec<String>> {
    let tags = named.filter(|tags| !tags.contains(&"*"))?;
    Some(tags.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        assert_eq!(seen(None), None);
        assert_eq!(seen(Some(vec!["*"])), None);
        assert_eq!(
            seen(Some(vec!["\"a\"", "W/\"b\""])),
            Some(vec!["\"a\"".to_owned(), "W/\"b\"".to_owned()])
        );
        assert_eq!(seen(Some(Vec::new())), Some(Vec::new()));
    }
}
