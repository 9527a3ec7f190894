//! The category of a product, told by the words of its name.
//!
//! A table of words, read from top to bottom: the first category that has a word of the name wins, so occasions come
//! before materials and rooms. A word stands for its plural too; a name without any known word belongs to "Other".

/// Where products go that no word tells anything about.
const OTHER: &str = "Other";

/// The categories and their words, separated by blanks.
const WORDS: [(&str, &str); 11] = [
    ("Christmas", "CHRISTMAS XMAS SANTA ADVENT SNOWMAN SNOWFLAKE REINDEER NOEL"),
    ("Bags and Purses", "BAG HANDBAG PURSE SHOPPER WALLET LUGGAGE CASE UMBRELLA PASSPORT"),
    (
        "Lights and Candles",
        "LIGHT CANDLE LANTERN LAMP CANDLESTICK LAMPSHADE INCENSE LIGHTBULB CHANDELIER TEALIGHT \
         CANDLEHOLDER NIGHTLIGHT",
    ),
    (
        "Jewellery",
        "NECKLACE BRACELET EARRING RING BANGLE BROOCH PENDANT CHARM HAIR HAIRCLIP JEWELLERY DIAMANTE \
         LARIAT TIARA",
    ),
    (
        "Cards and Stationery",
        "CARD NOTEBOOK PEN PENCIL WRAP STICKER TISSUE RIBBON TAPE STATIONERY JOURNAL ENVELOPE CALENDAR \
         BOOK SKETCHBOOK PAPER MAGNET CHALK RULER ERASER DIARY NOTEPAD ALBUM MEMOBOARD STAMP",
    ),
    (
        "Kitchen and Dining",
        "MUG CUP SAUCER PLATE BOWL TEAPOT TEA COFFEE CAKE CAKESTAND BAKING KITCHEN CUTLERY JUG GLASS \
         TRAY NAPKIN APRON LUNCH BOTTLE JAR TIN PAN JAM DISH EGG SPOON FORK COASTER PLACEMAT RECIPE \
         OVEN BREAD BUTTER MILK SUGAR PANTRY CHOPPING FOOD DINNER BEAKER TUMBLER DOILEY SNACK TOAST \
         POPCORN",
    ),
    (
        "Toys and Children",
        "TOY DOLL GAME JIGSAW PUZZLE CHILDREN CHILDRENS CHILD CHILDS BABY DOMINO PLAYHOUSE PUPPET TEDDY \
         SPACEBOY CIRCUS SKIPPING FELTCRAFT MARBLE DINOSAUR SOLDIER GIRL BOY ROBOT BALLOON SOFT",
    ),
    ("Parties and Seasons", "PARTY BUNTING GARLAND EASTER BIRTHDAY CONFETTI WEDDING VALENTINE HALLOWEEN"),
    (
        "Garden",
        "GARDEN PLANT PLANTER WATERING PARASOL BIRDHOUSE BIRDCAGE FEEDER HERB SEED DECKCHAIR PICNIC \
         FLOWERPOT POT WINDMILL GNOME TROWEL GROW BASKET",
    ),
    ("Bath and Wellness", "BATH BATHROOM SOAP TOWEL TOILET HOT MANICURE BALM SPONGE COSMETIC LIP"),
    (
        "Home and Decoration",
        "SIGN FRAME CLOCK CUSHION MIRROR DOORMAT HOOK DECORATION VASE WREATH DRAWER CABINET HANGER \
         HOLDER DOORSTOP KNOB WALL DOOR TABLE CHAIR STOOL RUG BOX STORAGE RACK HANGING HEART FLOWER ART \
         TILE STAND METAL WOODEN WICKER LETTER THROW QUILT CURTAIN SHELF CRATE DECORATIVE STAR FAIRY \
         BOOKEND ZINC",
    ),
];

/// The name of the category that a product of this name belongs to.
pub(super) fn category_of(name: &str) -> &'static str {
    let name = name.to_uppercase();
    let words: Vec<&str> =
        name.split(|character: char| !character.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    WORDS
        .iter()
        .find(|(_, known)| {
            known.split_whitespace().any(|known| words.iter().any(|word| is_or_is_plural(word, known)))
        })
        .map_or(OTHER, |(category, _)| *category)
}

fn is_or_is_plural(word: &str, known: &str) -> bool {
    word.strip_prefix(known).is_some_and(|ending| matches!(ending, "" | "S" | "ES"))
}

#[cfg(test)]
mod tests {
    use stockroom_domain::CategoryName;

    use super::*;

    #[track_caller]
    fn check(name: &str, category: &str) {
        assert_eq!(category_of(name), category, "{name}");
    }

    #[test]
    fn words_tell_the_category() {
        check("JUMBO BAG RED RETROSPOT", "Bags and Purses");
        check("SET OF 6 T-LIGHTS SANTA", "Christmas");
        check("WHITE HANGING HEART T-LIGHT HOLDER", "Lights and Candles");
        check("pack of 12 tissues", "Cards and Stationery");
        check("SET/6 RED SPOTTY PAPER PLATES", "Cards and Stationery");
        check("CERAMIC STRAWBERRY DISHES", "Kitchen and Dining");
        check("ASSORTED COLOUR BIRD ORNAMENT", "Other");
        check("", "Other");
    }

    #[test]
    fn only_whole_words_count() {
        check("BAGPIPE", "Other");
        check("SPRING", "Other");
        check("RINGS", "Jewellery");
    }

    #[test]
    fn every_category_has_a_valid_name_and_words_that_can_match() {
        for (category, words) in WORDS.into_iter().chain([(OTHER, "OTHER")]) {
            assert!(CategoryName::parse(category).is_ok(), "{category}");
            for word in words.split_whitespace() {
                assert!(word.chars().all(|letter| letter.is_ascii_uppercase()), "{word}");
            }
        }
    }
}
