//! Which words of found products matched.

use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;
use stockroom_domain::Matching;

use crate::{Connection, Result, statement::statement};

statement! {
    MarkedWords -> Text {
        "SELECT ts_headline(CASE WHEN "
        corrected: Bool as bool,
        " THEN 'simple'::regconfig ELSE product_search_language() END, "
        words: Text as String,
        ", "
        query: Text as String,
        "::tsquery, E'HighlightAll=true, StartSel=\\uE000, StopSel=\\uE001')"
    }
}

/// Those of these words that `query` of [`super::Hits`] asks for, in whatever form.
///
/// One text of all words of a page, each of them once, is looked through several times as fast as the page itself.
///
/// # Errors
/// Only when the database fails.
pub async fn find_matching(
    conn: &mut Connection,
    query: &str,
    corrected: bool,
    words: &[&str],
) -> Result<Matching> {
    let statement = MarkedWords { corrected, words: words.join(" "), query: query.to_owned() };
    let marked: String = statement.get_result(conn).await?;
    Ok(Matching::read(&marked))
}
