-- A catalogue that is brought in at once takes as long as it has products. The plan of a statement is kept for as long as
-- its connection, and one that was made when few words were known read all of them again for each product. So each word is
-- looked up by itself, in the index: neither is left to what was known at the time. What forbids other plans makes them
-- look expensive, and whatever looks expensive would be compiled, each time.

CREATE OR REPLACE FUNCTION product_search_of_product() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off
SET jit = off AS $$
DECLARE
    words tsvector;
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.name = NEW.name AND OLD.description IS NOT DISTINCT FROM NEW.description THEN
        UPDATE product_search SET price = NEW.price, category_id = NEW.category_id, active = NEW.active
        WHERE product_id = NEW.id;
        RETURN NULL;
    END IF;
    words := product_search_vector(product_search_language(), NEW.name, NEW.description);
    IF TG_OP = 'UPDATE' THEN
        UPDATE product_search
        SET vector = words,
            name_key = lower(NEW.name), price = NEW.price, category_id = NEW.category_id, active = NEW.active
        WHERE product_id = NEW.id;
    ELSE
        INSERT INTO product_search (product_id, vector, name_key, price, category_id, active)
        VALUES (NEW.id, words, lower(NEW.name), NEW.price, NEW.category_id, NEW.active);
    END IF;
    INSERT INTO product_search_words (word)
    SELECT named.word FROM product_search_words_of(NEW.name) AS named (word)
    WHERE (SELECT true FROM product_search_words AS known WHERE known.word = named.word LIMIT 1) IS NULL;
    INSERT INTO product_search_lexemes (lexeme)
    SELECT used.lexeme FROM unnest(tsvector_to_array(words)) AS used (lexeme)
    WHERE (
        SELECT true FROM product_search_lexemes AS known WHERE known.lexeme = used.lexeme COLLATE "C" LIMIT 1
    ) IS NULL;
    RETURN NULL;
END
$$;
