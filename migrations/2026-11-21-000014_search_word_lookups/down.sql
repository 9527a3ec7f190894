CREATE OR REPLACE FUNCTION product_search_of_product() RETURNS trigger LANGUAGE plpgsql AS $$
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
    WHERE NOT EXISTS (SELECT FROM product_search_words AS known WHERE known.word = named.word);
    INSERT INTO product_search_lexemes (lexeme)
    SELECT used.lexeme FROM unnest(tsvector_to_array(words)) AS used (lexeme)
    WHERE NOT EXISTS (SELECT FROM product_search_lexemes AS known WHERE known.lexeme = used.lexeme COLLATE "C");
    RETURN NULL;
END
$$;
