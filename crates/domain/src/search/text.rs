//! The text that is looked for, and the query it becomes. Whatever the text is, the query is valid.

use super::marked::{MARK_END, MARK_START};
use crate::{Text, Violation};

/// Words of a search that are looked at; further ones are ignored.
pub const MOST_SEARCH_WORDS: usize = 20;

/// A last word of one letter is not taken for the beginning of others: it begins too many.
const LEAST_PREFIX: usize = 2;

/// What is looked for: 1 to 200 characters, without blanks around it and with single blanks inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(String);

/// The words of a search in the syntax of PostgreSQL's `to_tsquery`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTerms {
    /// All words but the last; each must occur.
    pub words: String,
    /// The last word, which may be unfinished.
    pub last: String,
}

impl SearchText {
    /// Takes a text that keeps the limits once its blanks are removed.
    ///
    /// # Errors
    /// `string_too_short`, `string_too_long` or `string_nul`.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let trimmed = Text::<1, 200>::parse(text.trim())?;
        Ok(Self(trimmed.as_str().split_whitespace().collect::<Vec<_>>().join(" ")))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its words, as written. Any text may have none.
    pub fn words(&self) -> Vec<&str> {
        let separates = |c: char| {
            c.is_whitespace()
                || c.is_control()
                || (c.is_ascii() && !c.is_ascii_alphanumeric())
                || matches!(c, MARK_START | MARK_END)
        };
        self.0.split(separates).filter(|word| !word.is_empty()).take(MOST_SEARCH_WORDS).collect()
    }

    /// The query for all of its words.
    pub fn terms(&self) -> SearchTerms {
        let mut words = self.words();
        let last = words.pop().map(|word| {
            let prefix = if word.chars().count() < LEAST_PREFIX { "" } else { ":*" };
            quoted(word) + prefix
        });
        SearchTerms { words: all_of(words.into_iter().map(quoted)), last: last.unwrap_or_default() }
    }
}

impl SearchTerms {
    /// A query for one of the corrections of each word; words without any are left out. Empty when none has.
    pub fn corrected(corrections: &[Vec<&str>]) -> String {
        let any_of = |words: &Vec<&str>| {
            let words: Vec<_> = words.iter().copied().map(quoted).collect();
            format!("({})", words.join(" | "))
        };
        all_of(corrections.iter().filter(|words| !words.is_empty()).map(any_of))
    }
}

fn all_of(terms: impl Iterator<Item = String>) -> String {
    terms.collect::<Vec<_>>().join(" & ")
}

/// A word as it stands, whatever characters it has.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\\', r"\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, words: &str, last: &str) {
        let terms = SearchText::parse(text).unwrap().terms();
        assert_eq!((terms.words.as_str(), terms.last.as_str()), (words, last), "{text}");
    }

    #[test]
    fn words_become_terms_and_the_last_may_be_unfinished() {
        check("mug", "", "'mug':*");
        check("  Enamel   mug ", "'Enamel'", "'mug':*");
        check("blue enamel m", "'blue' & 'enamel'", "'m'");
        check("MUG-350/b", "'MUG' & '350'", "'b'");
        check("Чайник 日", "'Чайник'", "'日'");
    }

    #[test]
    fn signs_of_the_query_language_mean_nothing() {
        check("mug & !cup | (tea:*) <-> 'pot' \\", "'mug' & 'cup' & 'tea'", "'pot':*");
        check("women's", "'women'", "'s'");
        check("' OR 1=1; --", "'OR' & '1'", "'1'");
        check("a\u{e000}b\u{e001}", "'a'", "'b'");
    }

    #[test]
    fn a_text_without_words_has_no_terms() {
        for text in ["!", "'", "&|!()<->:*", "\\", "--"] {
            check(text, "", "");
        }
    }

    #[test]
    fn further_words_are_ignored() {
        let text = SearchText::parse(&"a ".repeat(100)).unwrap();
        assert_eq!(text.words().len(), MOST_SEARCH_WORDS);
    }

    #[test]
    fn limits_hold_for_what_is_left_of_the_blanks() {
        assert_eq!(SearchText::parse("  ").unwrap_err().kind, "string_too_short");
        assert_eq!(SearchText::parse(&"x".repeat(201)).unwrap_err().kind, "string_too_long");
        assert_eq!(SearchText::parse("a\0").unwrap_err().kind, "string_nul");
        assert!(SearchText::parse(&format!("  {}  ", "x".repeat(200))).is_ok());
    }

    #[test]
    fn corrections_are_alternatives_of_each_word() {
        assert_eq!(
            SearchTerms::corrected(&[vec!["kettle", "kettles"], vec![], vec!["o'mug"]]),
            "('kettle' | 'kettles') & ('o''mug')"
        );
        assert_eq!(SearchTerms::corrected(&[vec![], vec![]]), "");
    }

    proptest! {
        /// Quoted words, joined by `&`: nothing of the text can be taken for syntax.
        #[test]
        fn any_text_gives_a_valid_query(text in "\\PC{0,220}|[ -~\\t\\n\\r]{0,220}") {
            let Ok(text) = SearchText::parse(&text) else { return Ok(()) };
            let terms = text.terms();
            let all = [terms.words.split(" & "), terms.last.split(" & ")].into_iter().flatten();
            for term in all.filter(|term| !term.is_empty()) {
                let word = term.strip_suffix(":*").unwrap_or(term);
                let word = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')).unwrap();
                let plain = |c: char| c.is_ascii_alphanumeric() || !c.is_ascii();
                prop_assert!(!word.is_empty() && word.chars().all(plain), "{term}");
            }
        }
    }
}
