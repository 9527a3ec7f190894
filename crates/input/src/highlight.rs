//! Shows where a text matched: HTML in which nothing but `<mark>` is markup, whatever the text of the shop is.

use stockroom_domain::Marked;

/// The text as HTML. The five characters that mean something in HTML are escaped, so the marks are the only markup.
pub fn html(marked: &Marked) -> String {
    let characters = marked.characters();
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
    use stockroom_domain::{MARK_END, MARK_START, Matching};

    use super::*;

    fn matching(words: &[&str], unfinished: &str) -> Matching {
        let marked: Vec<_> = words.iter().map(|word| format!("{MARK_START}{word}{MARK_END}")).collect();
        Matching::read(&format!("other {} words", marked.join(" "))).and_beginning_with(unfinished)
    }

    #[track_caller]
    fn check(text: &str, words: &[&str], unfinished: &str, expected: &str) {
        assert_eq!(html(&Marked::new(text, &matching(words, unfinished))), expected);
    }

    #[test]
    fn words_that_matched_are_marked_wherever_they_are() {
        check("Enamel mug", &["mug"], "", "Enamel <mark>mug</mark>");
        check("MUG-350 (mug) mugs", &["MUG", "mug"], "", "<mark>MUG</mark>-350 (<mark>mug</mark>) mugs");
        check("Café–crème", &["Café"], "", "<mark>Café</mark>–crème");
        check("Mug", &["mug"], "", "Mug");
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
        let found = Marked::new(&text, &matching(&["mug"], "")).fragment().map(|part| html(&part)).unwrap();
        assert!(found.starts_with("…word word"), "{found}");
        assert!(found.contains(" <mark>mug</mark> word") && found.ends_with("word…"), "{found}");
        assert!(found.chars().count() < 200, "{found}");
        let short = Marked::new("A mug.", &matching(&["mug"], ""));
        assert_eq!(short.fragment().map(|part| html(&part)).as_deref(), Some("A <mark>mug</mark>."));
        assert_eq!(Marked::new("A mug.", &Matching::default()).fragment(), None);
    }

    #[test]
    fn a_word_without_end_is_cut() {
        let text = "x".repeat(5000);
        let found = Marked::new(&text, &matching(&[&text], "")).fragment().map(|part| html(&part)).unwrap();
        assert_eq!(found, format!("<mark>{}</mark>…", "x".repeat(160)));
    }

    proptest! {
        #[test]
        fn only_marks_are_markup(text in "\\PC{0,60}", marks in "[a-z<>&'\"\u{e000}\u{e001} ]{0,80}", word in "[a-z]{0,3}") {
            let matching = Matching::read(&marks).and_beginning_with(&word);
            let marked = Marked::new(&text, &matching);
            for shown in [Some(&marked), marked.fragment().as_ref()].into_iter().flatten().map(html) {
                let bare = shown.replace("<mark>", "").replace("</mark>", "");
                prop_assert!(!bare.contains(['<', '>', '"', '\'']), "{}", shown);
                prop_assert_eq!(shown.matches("<mark>").count(), shown.matches("</mark>").count());
            }
        }
    }
}
