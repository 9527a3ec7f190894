//! Shows where a text matched: HTML in which nothing but `<mark>` is markup, whatever the text of the shop is.

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

impl Marked {
    /// Carries the marks in `marked` over to `text`. Except for them, `marked` is a beginning of `text` in which any
    /// character may have been replaced by a blank. `unfinished`, a word in lower case, marks the words it begins too.
    pub fn new(text: &str, marked: &str, unfinished: &str) -> Self {
        let mut characters = Vec::with_capacity(marked.len());
        let mut inside = false;
        let mut rest = text.chars();
        for c in marked.chars() {
            match c {
                MARK_START => inside = true,
                MARK_END => inside = false,
                _ => characters.extend(rest.next().map(|original| (original, inside))),
            }
        }
        let mut marked = Self { characters };
        if !unfinished.is_empty() {
            marked.mark_beginnings(unfinished);
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

    fn marked(text: &str) -> String {
        text.replace('[', "\u{e000}").replace(']', "\u{e001}")
    }

    #[track_caller]
    fn check(text: &str, marks: &str, unfinished: &str, expected: &str) {
        assert_eq!(Marked::new(text, &marked(marks), unfinished).whole(), expected);
    }

    #[test]
    fn marks_are_carried_over_to_the_text_as_written() {
        check("Enamel mug", "Enamel [mug]", "", "Enamel <mark>mug</mark>");
        check("MUG-350 (mug)", "[MUG] 350  [mug] ", "", "<mark>MUG</mark>-350 (<mark>mug</mark>)");
        check("Café", "[Café]", "", "<mark>Café</mark>");
        check("Mug", "Mug", "", "Mug");
    }

    #[test]
    fn text_of_the_shop_is_never_markup() {
        check(
            "<b onclick='x'>mug</b> & \"co\"",
            " b onclick  x  [mug]  b     co ",
            "",
            "&lt;b onclick=&#39;x&#39;&gt;<mark>mug</mark>&lt;/b&gt; &amp; &quot;co&quot;",
        );
        check("<mark>mug", " mark [mug]", "", "&lt;mark&gt;<mark>mug</mark>");
    }

    #[test]
    fn words_that_an_unfinished_one_begins_are_marked() {
        check(
            "Running runner, brunch",
            "[Running] runner  brunch",
            "run",
            "<mark>Running</mark> <mark>runner</mark>, brunch",
        );
        check("ÉCLAIR", "ÉCLAIR", "écl", "<mark>ÉCLAIR</mark>");
    }

    #[test]
    fn a_fragment_surrounds_the_first_match() {
        let words = |count: usize| vec!["word"; count].join(" ");
        let text = format!("{} mug {}", words(50), words(50));
        let found = Marked::new(&text, &text.replace("mug", "\u{e000}mug\u{e001}"), "").fragment().unwrap();
        assert!(found.starts_with("…word word"), "{found}");
        assert!(found.contains(" <mark>mug</mark> word") && found.ends_with("word…"), "{found}");
        assert!(found.chars().count() < 200, "{found}");
        let short = Marked::new("A mug.", &marked("A [mug] "), "");
        assert_eq!(short.fragment().as_deref(), Some("A <mark>mug</mark>."));
        assert_eq!(Marked::new("A mug.", "A mug ", "").fragment(), None);
    }

    #[test]
    fn a_word_without_end_is_cut() {
        let text = "x".repeat(5000);
        let found = Marked::new(&text, &format!("\u{e000}{text}\u{e001}"), "").fragment().unwrap();
        assert_eq!(found, format!("<mark>{}</mark>…", "x".repeat(FRAGMENT)));
    }

    proptest! {
        #[test]
        fn only_marks_are_markup(text in "\\PC{0,60}", marks in "[a-z<>&'\"\u{e000}\u{e001} ]{0,80}", word in "[a-z]{0,3}") {
            let marked = Marked::new(&text, &marks, &word);
            for shown in [Some(marked.whole()), marked.fragment()].into_iter().flatten() {
                let bare = shown.replace("<mark>", "").replace("</mark>", "");
                prop_assert!(!bare.contains(['<', '>', '"', '\'']), "{}", shown);
                prop_assert_eq!(shown.matches("<mark>").count(), shown.matches("</mark>").count());
            }
        }
    }
}
