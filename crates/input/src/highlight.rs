//! Shows where a text matched: HTML in which nothing but `<mark>` is markup, whatever the text of the shop is.

use std::collections::HashSet;

/// What a database puts before a match: a character of private use, which is never markup.
pub const MARK_START: char = '\u{E000}';
/// What it puts after one.
pub const MARK_END: char = '\u{E001}';

/// Characters of a fragment, roughly: it ends with a whole word.
const FRAGMENT: usize = 160;
/// Characters shown before the first match of a fragment at most.
const LEAD: usize = 40;

/// A text and which of its characters matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    characters: Vec<(char, bool)>,
}

/// The words of a text, to be looked through for what matched. Punctuation and blanks are in none of them.
pub fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(separates).filter(|word| !word.is_empty())
}

/// Marks of accents and vowels are no letters, yet parts of words; so is all else outside ASCII but what is known to
/// separate.
fn separates(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || (c.is_ascii() && !c.is_ascii_alphanumeric())
        || matches!(c, '\u{A1}'..='\u{A9}' | '\u{AB}'..='\u{B1}' | '\u{B4}' | '\u{B6}'..='\u{B8}' | '\u{BB}' | '\u{BF}')
        || matches!(c, '\u{2010}'..='\u{205E}' | '\u{3001}'..='\u{3003}' | '\u{3008}'..='\u{3011}' | MARK_START | MARK_END)
}

/// Words that matched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matching {
    words: HashSet<String>,
    unfinished: String,
}

impl Matching {
    /// Reads words with single blanks between them: those matched that the database has put a mark into.
    pub fn read(marked: &str) -> Self {
        let mut inside = false;
        let mut words = HashSet::new();
        for word in marked.split(' ') {
            let mut matched = inside;
            for c in word.chars() {
                inside = c == MARK_START || inside && c != MARK_END;
                matched |= inside;
            }
            if matched {
                words.insert(word.replace([MARK_START, MARK_END], ""));
            }
        }
        Self { words, unfinished: String::new() }
    }

    /// The same, and all words that begin with this one, regardless of case.
    #[must_use]
    pub fn and_beginning_with(self, unfinished: &str) -> Self {
        Self { unfinished: unfinished.to_lowercase(), ..self }
    }
}

impl Marked {
    /// Marks the words of `text` that matched.
    pub fn new(text: &str, matching: &Matching) -> Self {
        let mut characters = Vec::with_capacity(text.len());
        for piece in text.split_inclusive(separates) {
            let word = piece.strip_suffix(separates).unwrap_or(piece);
            let matched = matching.words.contains(word);
            characters.extend(word.chars().map(|c| (c, matched)));
            characters.extend(piece[word.len()..].chars().map(|c| (c, false)));
        }
        let mut marked = Self { characters };
        if !matching.unfinished.is_empty() {
            marked.mark_beginnings(&matching.unfinished);
        }
        marked
    }

    /// Whether anything matched.
    pub fn any(&self) -> bool {
        self.characters.iter().any(|(_, matched)| *matched)
    }

    /// The whole text as HTML.
    pub fn whole(&self) -> String {
        html(&self.characters)
    }

    /// The surroundings of the first match as HTML, with an ellipsis where text is left out; `None` when nothing matched.
    pub fn fragment(&self) -> Option<String> {
        let first = self.characters.iter().position(|(_, matched)| *matched)?;
        let is_blank = |(c, _): &(char, bool)| c.is_whitespace();
        let start = match first.saturating_sub(LEAD) {
            0 => 0,
            // From the next whole word on.
            early => {
                let lead = &self.characters[early..first];
                lead.iter().position(is_blank).map_or(first, |blank| early + blank + 1)
            }
        };
        let length = self.characters.len();
        let end = match (start + FRAGMENT).min(length) {
            end if end == length => end,
            late => {
                let tail = &self.characters[first..late];
                tail.iter().rposition(is_blank).map_or(late, |blank| first + blank)
            }
        };
        let before = if start > 0 { "…" } else { "" };
        let after = if end < length { "…" } else { "" };
        Some(format!("{before}{}{after}", html(&self.characters[start..end])))
    }

    fn mark_beginnings(&mut self, unfinished: &str) {
        let mut position = 0;
        while position < self.characters.len() {
            let is_letter = |(c, _): &(char, bool)| c.is_alphanumeric();
            let length = self.characters[position..].iter().take_while(|c| is_letter(c)).count();
            let word = &mut self.characters[position..position + length];
            let lower: String = word.iter().flat_map(|(c, _)| c.to_lowercase()).collect();
            if lower.starts_with(unfinished) {
                for (_, matched) in word {
                    *matched = true;
                }
            }
            position += length + 1;
        }
    }
}

/// The five characters that mean something in HTML are escaped, so the marks are the only markup.
fn html(characters: &[(char, bool)]) -> String {
    let mut html = String::with_capacity(characters.len() + 32);
    let mut inside = false;
    for (c, matched) in characters {
        if *matched != inside {
            html.push_str(if *matched { "<mark>" } else { "</mark>" });
            inside = *matched;
        }
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(*c),
        }
    }
    if inside {
        html.push_str("</mark>");
    }
    html
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matching(words: &[&str], unfinished: &str) -> Matching {
        let marked: Vec<_> = words.iter().map(|word| format!("{MARK_START}{word}{MARK_END}")).collect();
        Matching::read(&format!("other {} words", marked.join(" "))).and_beginning_with(unfinished)
    }

    #[track_caller]
    fn check(text: &str, words: &[&str], unfinished: &str, expected: &str) {
        assert_eq!(Marked::new(text, &matching(words, unfinished)).whole(), expected);
    }

    #[test]
    fn words_that_matched_are_marked_wherever_they_are() {
        check("Enamel mug", &["mug"], "", "Enamel <mark>mug</mark>");
        check("MUG-350 (mug) mugs", &["MUG", "mug"], "", "<mark>MUG</mark>-350 (<mark>mug</mark>) mugs");
        check("Café–crème", &["Café"], "", "<mark>Café</mark>–crème");
        check("Mug", &["mug"], "", "Mug");
    }

    #[test]
    fn words_end_where_the_language_ends_them() {
        let words: Vec<_> = words_of("Women's 3.5l mug–cup, «日本茶» \u{e000}क्षि\u{e001} 🎉").collect();
        assert_eq!(words, ["Women", "s", "3", "5l", "mug", "cup", "日本茶", "क्षि", "🎉"]);
    }

    #[test]
    fn a_mark_inside_a_word_is_one_of_the_word() {
        let marked = Matching::read("a\u{e000}b\u{e001}c d \u{e000}e f\u{e001} g");
        assert_eq!(marked.words, ["abc", "e", "f"].map(str::to_owned).into());
    }

    #[test]
    fn text_of_the_shop_is_never_markup() {
        check(
            "<b onclick='x'>mug</b> & \"co\"",
            &["mug"],
            "",
            "&lt;b onclick=&#39;x&#39;&gt;<mark>mug</mark>&lt;/b&gt; &amp; &quot;co&quot;",
        );
        check("<mark>mug", &["mug"], "", "&lt;mark&gt;<mark>mug</mark>");
    }

    #[test]
    fn words_that_an_unfinished_one_begins_are_marked() {
        check(
            "Running runner, brunch",
            &["Running"],
            "RUN",
            "<mark>Running</mark> <mark>runner</mark>, brunch",
        );
        check("ÉCLAIR", &[], "écl", "<mark>ÉCLAIR</mark>");
    }

    #[test]
    fn a_fragment_surrounds_the_first_match() {
        let words = |count: usize| vec!["word"; count].join(" ");
        let text = format!("{} mug {}", words(50), words(50));
        let found = Marked::new(&text, &matching(&["mug"], "")).fragment().unwrap();
        assert!(found.starts_with("…word word"), "{found}");
        assert!(found.contains(" <mark>mug</mark> word") && found.ends_with("word…"), "{found}");
        assert!(found.chars().count() < 200, "{found}");
        let short = Marked::new("A mug.", &matching(&["mug"], ""));
        assert_eq!(short.fragment().as_deref(), Some("A <mark>mug</mark>."));
        assert_eq!(Marked::new("A mug.", &Matching::default()).fragment(), None);
    }

    #[test]
    fn a_word_without_end_is_cut() {
        let text = "x".repeat(5000);
        let found = Marked::new(&text, &matching(&[&text], "")).fragment().unwrap();
        assert_eq!(found, format!("<mark>{}</mark>…", "x".repeat(FRAGMENT)));
    }

    proptest! {
        #[test]
        fn only_marks_are_markup(text in "\\PC{0,60}", marks in "[a-z<>&'\"\u{e000}\u{e001} ]{0,80}", word in "[a-z]{0,3}") {
            let matching = Matching::read(&marks).and_beginning_with(&word);
            let marked = Marked::new(&text, &matching);
            for shown in [Some(marked.whole()), marked.fragment()].into_iter().flatten() {
                let bare = shown.replace("<mark>", "").replace("</mark>", "");
                prop_assert!(!bare.contains(['<', '>', '"', '\'']), "{}", shown);
                prop_assert_eq!(shown.matches("<mark>").count(), shown.matches("</mark>").count());
            }
        }
    }
}
