//! The words of names that look like a mistyped one.

use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::RunQueryDsl;

use crate::{Connection, Result, statement::statement};

statement! {
    SimilarWords -> (BigInt, Text) {
        "SELECT asked.place, known.word FROM unnest("
        words: Array<Text> as Vec<String>,
        ") WITH ORDINALITY AS asked (word, place), LATERAL ( \
            SELECT DISTINCT word, similarity(word, asked.word) AS similarity FROM product_search_words \
            WHERE product_search_words.word % asked.word ORDER BY similarity DESC, word LIMIT 50 \
         ) AS known ORDER BY asked.place, known.similarity DESC, known.word"
    }
}

/// For each of these words, the words of names that share most of their trigrams with it: 50 at most, most similar
/// first.
///
/// # Errors
/// Only when the database fails.
pub async fn list_similar_words(conn: &mut Connection, words: &[&str]) -> Result<Vec<Vec<String>>> {
    let statement = SimilarWords { words: words.iter().map(|word| word.to_lowercase()).collect() };
    let rows: Vec<(i64, String)> = statement.get_results(conn).await?;
    let mut similar = vec![Vec::new(); words.len()];
    for (place, word) in rows {
        if let Some(known) = usize::try_from(place - 1).ok().and_then(|place| similar.get_mut(place)) {
            known.push(word);
        }
    }
    Ok(similar)
}
