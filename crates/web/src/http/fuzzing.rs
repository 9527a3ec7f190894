//! What must be true of whatever query string or header a client sends. Fuzzers give it bytes of any kind (`fuzz/`), and the tests
//! here what fuzzers began with. No part of the crate as it is used.

mod headers;

use stockroom_domain::{Amount, ClientId, Moment, SearchText, Text};
use stockroom_input::{Fields, FromFields};

pub use headers::headers;

use crate::http::extract::{read_expand, read_list};

/// Conditions of every kind that lists have.
#[derive(Debug, PartialEq)]
struct Conditions {
    client_id: Option<ClientId>,
    min_price: Option<Amount>,
    in_stock_only: Option<bool>,
    search: Option<Text<0, 200>>,
    since: Option<Moment>,
    expand: bool,
}

impl FromFields for Conditions {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let _: Option<Option<SearchText>> = fields.optional("q");
        let (client_id, min_price) = (fields.optional("client_id"), fields.optional("min_price"));
        let (in_stock_only, search) = (fields.optional("in_stock_only"), fields.optional("search"));
        let (since, expand) = (fields.optional("since"), read_expand(fields, "reviews", &["category"]));
        Some(Self {
            client_id: client_id?,
            min_price: min_price?,
            in_stock_only: in_stock_only?,
            search: search?,
            since: since?,
            expand: expand?,
        })
    }
}

/// Query strings of lists: the name under which an answer is kept asks for the same; whatever is refused is named.
///
/// # Panics
/// When that is not so.
pub fn query(data: &[u8]) {
    let query = String::from_utf8_lossy(data);
    match read_list::<Conditions>(&query) {
        Ok(list) => {
            let name = list.paging.name("/list");
            let again = name.strip_prefix("/list").map(|query| query.trim_start_matches('?'));
            let Ok(again) = read_list::<Conditions>(again.unwrap_or_default()) else {
                panic!("{query} is understood, and {name} is not");
            };
            assert_eq!(again.filter, list.filter, "{query}");
            assert_eq!(again.paging.request, list.paging.request, "{query}");
            assert_eq!(again.paging.parameters, list.paging.parameters, "{query}");
        }
        Err(violations) => {
            assert!(!violations.0.is_empty());
            for refused in violations.0 {
                assert_eq!(refused.part, "query");
                assert!(!refused.field.is_empty() && !refused.violation.message.is_empty(), "{refused:?}");
                assert!(refused.input.to_string().len() < 2000, "{refused:?}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    /// Gives a check what fuzzers begin with, whole and cut off anywhere.
    fn each_seed(target: &str, check: fn(&[u8])) {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
        let seeds: Vec<_> = fs::read_dir(seeds).unwrap().map(|seed| seed.unwrap().path()).collect();
        assert!(seeds.len() > 2, "{target} has few seeds");
        for seed in seeds {
            let seed = fs::read(seed).unwrap();
            (0..=seed.len()).for_each(|length| check(&seed[..length]));
        }
    }

    #[test]
    fn seeds_of_queries_are_sane() {
        each_seed("query", query);
    }

    #[test]
    fn seeds_of_headers_are_sane() {
        each_seed("headers", headers);
    }
}
