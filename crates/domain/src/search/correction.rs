//! Which known words a mistyped one may have meant: those that the fewest slips of the finger lead to.

/// Corrections of one word at most.
const MOST: usize = 5;

/// The best of `known` for `word`, at most five, in the order given. `unfinished` words are compared with beginnings.
///
/// A slip is a letter too many, too few or wrong, or two neighbours that changed places. Words of up to four letters
/// are allowed one, of up to nine two, longer ones three; of two letters or fewer none.
pub fn corrections<'a>(word: &str, unfinished: bool, known: &'a [String]) -> Vec<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let allowed = match word.len() {
        0..=2 => 0,
        3..=4 => 1,
        5..=9 => 2,
        _ => 3,
    };
    // A beginning as short as this is that of many words.
    let unfinished = unfinished && word.len() > 3;
    let measured = known.iter().map(|candidate| {
        let letters: Vec<char> = candidate.chars().collect();
        (slips(&word, &letters, unfinished), candidate.as_str())
    });
    let near: Vec<_> = measured.filter(|(slips, _)| *slips <= allowed).collect();
    let fewest = near.iter().map(|(slips, _)| *slips).min();
    let best = near.into_iter().filter(|(slips, _)| Some(*slips) == fewest);
    best.map(|(_, candidate)| candidate).take(MOST).collect()
}

/// The slips between a word and another one, or the beginning of it that is nearest.
fn slips(word: &[char], other: &[char], beginning: bool) -> usize {
    let width = other.len() + 1;
    let mut before: Vec<usize> = vec![0; width];
    let mut above: Vec<usize> = (0..width).collect();
    for (row, letter) in word.iter().enumerate() {
        let mut current = vec![row + 1; width];
        for (column, wanted) in other.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != wanted);
            let mut least = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            let swapped = row > 0 && column > 0 && *letter == other[column - 1] && word[row - 1] == *wanted;
            if swapped {
                least = least.min(before[column - 1] + 1);
            }
            current[column + 1] = least;
        }
        before = std::mem::replace(&mut above, current);
    }
    if beginning { above.into_iter().min().unwrap_or(0) } else { above[width - 1] }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 8] = ["kettle", "kettles", "towel", "bowl", "enamel", "mug", "lavender", "café"];

    #[track_caller]
    fn check(word: &str, unfinished: bool, expected: &[&str]) {
        let known: Vec<String> = KNOWN.map(str::to_owned).into();
        assert_eq!(corrections(word, unfinished, &known), expected, "{word}");
    }

    #[test]
    fn the_fewest_slips_win() {
        check("kettel", false, &["kettle"]);
        check("Kettle", false, &["kettle"]);
        check("twoel", false, &["towel"]);
        check("enamle", false, &["enamel"]);
        check("cafe", false, &["café"]);
        check("lavvendar", false, &["lavender"]);
        check("bowel", false, &["towel", "bowl"]);
    }

    #[test]
    fn short_words_are_allowed_less() {
        check("mu", false, &[]);
        check("mgu", false, &["mug"]);
        check("gmo", false, &[]);
        check("spoon", false, &[]);
    }

    #[test]
    fn an_unfinished_word_is_the_beginning_of_others() {
        check("lavnde", true, &["lavender"]);
        check("lavnd", false, &[]);
        check("ketl", true, &["kettle", "kettles"]);
        check("mg", true, &[]);
    }

    #[test]
    fn any_two_words_can_be_compared() {
        assert_eq!(slips(&[], &['a', 'b'], false), 2);
        assert_eq!(slips(&['a', 'b'], &[], false), 2);
        assert_eq!(slips(&['a'], &[], true), 1);
        assert_eq!(slips(&['c', 'a'], &['a', 'b', 'c'], false), 3);
    }
}
