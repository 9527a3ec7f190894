//! Which characters of a text matched, and the part of a long text that is worth showing.

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

    /// The characters, each with whether it matched.
    pub fn characters(&self) -> &[(char, bool)] {
        &self.characters
    }

    /// The surroundings of the first match, with an ellipsis where text is left out; `None` when nothing matched.
    pub fn fragment(&self) -> Option<Self> {
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
        let ellipsis = |is_cut: bool| is_cut.then_some(('…', false));
        let shown = self.characters[start..end].iter().copied();
        let characters = ellipsis(start > 0).into_iter().chain(shown).chain(ellipsis(end < length)).collect();
        Some(Self { characters })
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
