//! 200 with the rows of a list, as a bare JSON array. Headers tell the rest: where the next page is, how long the whole
//! list is, and that a limit was capped.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody};
use serde::Serialize;
use stockroom_domain::{ListOrder, ListPosition, Page, PageLimits, Total};
use stockroom_input::Cursor;
use stockroom_service::{Document, Listed};
use url::form_urlencoded::Serializer;

use crate::http::{answer::cached::json, extract::Paging, problem::Problem, rows::all};

/// Names the limit that was applied when a list was asked for more rows than allowed.
pub(crate) const LIMIT_CAPPED: &str = "X-Limit-Capped";

/// Tells where the next page is (RFC 8288).
const LINK: &str = "Link";

/// Tells how many rows a whole list has.
pub(crate) const TOTAL_COUNT: &str = "X-Total-Count";

/// Tells how those rows were counted.
pub(crate) const TOTAL_COUNT_KIND: &str = "X-Total-Count-Kind";

/// A page of a list.
pub(crate) struct List<B> {
    rows: Vec<B>,
    capped_to: Option<i64>,
    link: Option<String>,
    total: Option<Total>,
}

impl<B> List<B> {
    /// The page that may be read of a list in this order, and how to answer what was read.
    pub(crate) fn page<T>(
        paging: Paging,
        order: ListOrder,
        limits: PageLimits,
    ) -> Result<(Page, impl FnOnce(Listed<T>) -> Self), Problem>
    where
        B: From<T>,
    {
        let Paging { request, parameters } = paging;
        let (page, capped) = request.within(order, limits)?;
        let capped_to = capped.then_some(page.limit);
        let answer = move |Listed { rows, next, total }: Listed<T>| {
            let link = next.map(|position| link(&position.into(), &parameters));
            Self { rows: all(rows), capped_to, link, total }
        };
        Ok((page, answer))
    }
}

/// What is told beside a page in another form than a bare array: where the next one begins, the limit if a larger one was
/// asked for, and how many rows there are where that was asked for.
pub(crate) fn page_headers(
    next: Option<ListPosition>,
    parameters: &[(String, String)],
    capped_to: Option<i64>,
    total: Option<Total>,
) -> impl Iterator<Item = (&'static str, String)> + use<> {
    headers(capped_to, next.map(|position| link(&position.into(), parameters)), total)
}

fn headers(
    capped_to: Option<i64>,
    link: Option<String>,
    total: Option<Total>,
) -> impl Iterator<Item = (&'static str, String)> {
    let capped = capped_to.map(|limit| (LIMIT_CAPPED, limit.to_string()));
    let link = link.map(|link| (LINK, link));
    let kind = total.map(|total| (TOTAL_COUNT_KIND, total.count.to_string()));
    let total = total.map(|total| (TOTAL_COUNT, total.rows.to_string()));
    [capped, link, total, kind].into_iter().flatten()
}

/// The link to the page after this place, with the parameters of the request. It has no path: it is relative to the
/// request's own URL, whatever prefix or proxy that went through.
fn link(cursor: &Cursor, parameters: &[(String, String)]) -> String {
    let mut query = Serializer::new(String::new());
    query.append_pair("after", &cursor.to_string());
    query.extend_pairs(parameters.iter().filter(|(name, _)| name != "after" && name != "skip"));
    // A blank is + in forms only; elsewhere a + may be taken for itself. One that was given is encoded already.
    let query = query.finish().replace('+', "%20");
    format!("<?{query}>; rel=\"next\"")
}

impl<B: Serialize> List<B> {
    /// What is told beside the rows.
    fn headers(&self) -> impl Iterator<Item = (&'static str, String)> {
        headers(self.capped_to, self.link.clone(), self.total)
    }

    /// The answer in the form in which it is kept.
    pub(crate) fn into_document(self) -> Document {
        Document::new(&json(&self.rows), self.headers())
    }
}

impl<B: Serialize> Responder for List<B> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        for header in self.headers() {
            response.insert_header(header);
        }
        response.json(self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_repeats_the_parameters_and_moves_on() {
        let cursor = Cursor::from(ListOrder::PRODUCTS.at_id(7));
        let parameters = [
            ("skip", "20"),
            ("search", "Tea & \"co\" +ñ>"),
            ("after", "old"),
            ("limit", "5"),
            ("count", "exact"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            link(&cursor, &parameters),
            format!(
                "<?after={cursor}&search=Tea%20%26%20%22co%22%20%2B%C3%B1%3E&limit=5&count=exact>; rel=\"next\""
            )
        );
    }
}
