//! What people type into a search box: words of the names that there are, some of them cut short or misspelt.

use fastrand::Rng;

/// Letters of a word that is cut short.
const PREFIX: usize = 3;
/// A shorter word with a letter wrong is another word.
const MISSPELT: usize = 5;

/// As many queries as there are names: one word, two words, the beginning of a word, a word with a typing error.
pub(super) fn queries(names: &[&str], random: &mut Rng) -> Vec<String> {
    let query = |(number, name): (usize, &&str)| {
        let words: Vec<&str> = name.split_ascii_whitespace().collect();
        let word = longest_of_two(&words, random)?;
        Some(match number % 4 {
            0 => word.to_owned(),
            1 => two(&words, random),
            2 => word.chars().take(PREFIX + random.usize(..2)).collect(),
            _ => misspell(word, random),
        })
    };
    names.iter().enumerate().filter_map(query).collect()
}

/// The target of a search; words are of letters and figures, so blanks alone need another form.
pub(super) fn target(query: &str) -> String {
    format!("/products/search?limit=20&q={}", query.replace(' ', "%20"))
}

/// One of the words, rather a long one.
fn longest_of_two<'a>(words: &[&'a str], random: &mut Rng) -> Option<&'a str> {
    let (one, other) = (random.choice(words)?, random.choice(words)?);
    Some(if one.len() < other.len() { other } else { one })
}

/// Two neighbours, in their order or the other way round.
fn two(words: &[&str], random: &mut Rng) -> String {
    let first = random.usize(..words.len().saturating_sub(1).max(1));
    let pair = &words[first..words.len().min(first + 2)];
    if random.bool() { pair.join(" ") } else { pair.iter().rev().copied().collect::<Vec<_>>().join(" ") }
}

/// Two letters exchanged or one left out, never the first, which people get right.
fn misspell(word: &str, random: &mut Rng) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() >= MISSPELT {
        let at = random.usize(1..letters.len() - 1);
        if random.bool() && letters[at] != letters[at + 1] {
            letters.swap(at, at + 1);
        } else {
            letters.remove(at);
        }
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_words_pairs_beginnings_and_misspelt_words() {
        let names = ["sturdy walnut bookshelf"; 400];
        let words = ["sturdy", "walnut", "bookshelf"];
        let queries = queries(&names, &mut Rng::with_seed(7));
        assert_eq!(queries.len(), names.len());
        for four in queries.chunks_exact(4) {
            let [one, two, beginning, misspelt] = four else { unreachable!("chunks of four") };
            assert!(words.contains(&one.as_str()), "{one}");
            assert_eq!(two.split(' ').filter(|word| words.contains(word)).count(), 2, "{two}");
            assert!((3..=4).contains(&beginning.len()), "{beginning}");
            assert!(words.iter().any(|word| word.starts_with(beginning.as_str())), "{beginning}");
            assert!(!words.contains(&misspelt.as_str()), "{misspelt}");
            assert!(words.iter().any(|word| word.starts_with(&misspelt[..1])), "{misspelt}");
        }
    }

    #[test]
    fn names_of_one_short_word_do_no_harm() {
        let queries = queries(&["mug", "", "mug", "mug", "mug", "mug"], &mut Rng::with_seed(7));
        assert_eq!(queries, ["mug", "mug", "mug", "mug", "mug"]);
        assert_eq!(target("red mug"), "/products/search?limit=20&q=red%20mug");
    }
}
