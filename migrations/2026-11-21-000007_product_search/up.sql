-- What a search for products reads: one row for each product, kept by triggers. Stock is not copied, so a sale touches
-- none of this; it is read from the product.

CREATE TABLE product_search_settings (
    single boolean NOT NULL DEFAULT true CONSTRAINT product_search_settings_pkey PRIMARY KEY,
    language text NOT NULL,
    rebuilt_to bigint,
    CONSTRAINT product_search_settings_single CHECK (single)
);
COMMENT ON COLUMN product_search_settings.language IS 'a text search configuration; text, because pg_upgrade refuses regconfig in tables';
COMMENT ON COLUMN product_search_settings.rebuilt_to IS 'vectors of products after this one may be of another language; null: none is';

INSERT INTO product_search_settings (language) VALUES ('english');

CREATE TABLE product_search (
    product_id bigint NOT NULL CONSTRAINT product_search_pkey PRIMARY KEY
        CONSTRAINT product_search_product_id_fkey REFERENCES products (id) ON DELETE CASCADE,
    vector tsvector NOT NULL,
    name_key text NOT NULL,
    price bigint NOT NULL,
    category_id bigint NOT NULL,
    active boolean NOT NULL,
    rating_count bigint NOT NULL DEFAULT 0
        CONSTRAINT product_search_rating_count_not_negative CHECK (rating_count >= 0),
    rating_sum bigint NOT NULL DEFAULT 0
        CONSTRAINT product_search_rating_sum_not_negative CHECK (rating_sum >= 0)
) WITH (fillfactor = 90);
COMMENT ON COLUMN product_search.vector IS 'words of the name (weight A, stemmed and as written) and of the description (D, stemmed)';
COMMENT ON COLUMN product_search.name_key IS 'the name in lower case';
COMMENT ON COLUMN product_search.rating_sum IS 'of all reviews, in thousandths of a star';

-- The words of names, as written, for what is mistyped. A word stays when the last name that had it goes; it is then a
-- correction that finds nothing. The index on words is not unique: whoever adds a word that somebody else is just adding
-- would have to wait for him, and two of them for each other.
CREATE TABLE product_search_words (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT product_search_words_pkey PRIMARY KEY,
    word text NOT NULL
);

-- What vectors consist of, for words that are unfinished: the few that begin with one are looked up much faster than all
-- entries of the index that begin with it. It grows like the words of names, and for the same reasons.
CREATE TABLE product_search_lexemes (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT product_search_lexemes_pkey PRIMARY KEY,
    lexeme text COLLATE "C" NOT NULL
);

-- Punctuation only separates words here: the parser would read -350 as a number, a/b as a path and a.b as a host. The
-- two characters that mark matches for a moment are blanked too, so that no text can bring them in.
CREATE FUNCTION product_search_plain(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(given, E'!"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~\uE000\uE001', repeat(' ', 34))
$$;

-- Of a long description the beginning is searched, so that no vector outgrows what PostgreSQL allows.
CREATE FUNCTION product_search_vector(language regconfig, name text, description text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT setweight(to_tsvector(language, product_search_plain(name)), 'A')
        || setweight(to_tsvector('simple', product_search_plain(name)), 'A')
        || setweight(to_tsvector(language, product_search_plain(left(coalesce(description, ''), 10000))), 'D')
$$;

CREATE FUNCTION product_search_language() RETURNS regconfig LANGUAGE sql STABLE AS $$
    SELECT language::regconfig FROM product_search_settings
$$;

-- What is looked for. `words` and `last` are in the syntax of to_tsquery: the last word may be unfinished (`'mu':*`), so it
-- counts as written too; as a stop word it counts only when it is alone. `corrected` are corrections, in the form that
-- names have. `whole` is the same for a last word that is finished. More than 50 lexemes are not looked up one by one.
CREATE FUNCTION product_search_query(
    words text, last text, corrected text, OUT query tsquery, OUT whole tsquery
) LANGUAGE plpgsql STABLE SET client_min_messages = warning AS $$
DECLARE
    language regconfig;
    finished text;
    stemmed tsquery;
    typed tsquery;
    beginning text[];
    known text[];
BEGIN
    IF corrected <> '' THEN
        query := to_tsquery('simple', corrected);
        whole := query;
        RETURN;
    END IF;
    language := product_search_language();
    finished := CASE WHEN last LIKE '%:*' THEN left(last, -2) ELSE last END;
    query := to_tsquery(language, words);
    stemmed := to_tsquery(language, finished);
    IF numnode(query) > 0 AND numnode(stemmed) = 0 THEN
        whole := query;
        RETURN;
    END IF;
    whole := query && (stemmed || to_tsquery('simple', finished));
    typed := to_tsquery('simple', last);
    IF last <> finished AND numnode(typed) = 1 THEN
        beginning := tsvector_to_array(to_tsvector('simple', finished));
        known := ARRAY(
            SELECT DISTINCT lexeme FROM product_search_lexemes
            WHERE lexeme >= beginning[1] AND lexeme < beginning[1] || chr(1114111)
            ORDER BY lexeme LIMIT 51
        );
        IF cardinality(known) BETWEEN 1 AND 50 THEN
            typed := (
                SELECT string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''', ' | ')
                FROM unnest(known) AS lexeme
            )::tsquery;
        END IF;
    END IF;
    query := query && (stemmed || typed);
END
$$;

CREATE FUNCTION product_search_words_of(name text) RETURNS SETOF text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT DISTINCT word FROM regexp_split_to_table(lower(product_search_plain(name)), '\s+') AS split (word)
    WHERE char_length(word) BETWEEN 3 AND 40 AND word !~ '^[0-9]+$'
$$;

CREATE FUNCTION product_search_of_product() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER products_searched_by_insert
    AFTER INSERT ON products
    FOR EACH ROW EXECUTE FUNCTION product_search_of_product();
-- A sale updates another column, so it does not even look at the condition.
CREATE TRIGGER products_searched_by_update
    AFTER UPDATE OF name, description, price, category_id, active ON products
    FOR EACH ROW WHEN (
        (OLD.name, OLD.description, OLD.price, OLD.category_id, OLD.active)
        IS DISTINCT FROM (NEW.name, NEW.description, NEW.price, NEW.category_id, NEW.active)
    ) EXECUTE FUNCTION product_search_of_product();

-- Added and subtracted, never counted again: a product with many reviews takes one more like any other.
CREATE FUNCTION product_search_of_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.product_id <> NEW.product_id THEN
        -- In one order for everybody, or two reviews that change places wait for each other.
        PERFORM FROM product_search WHERE product_id IN (OLD.product_id, NEW.product_id)
        ORDER BY product_id FOR NO KEY UPDATE;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE product_search
        SET rating_count = rating_count - 1, rating_sum = rating_sum - round(OLD.rating * 1000)::bigint
        WHERE product_id = OLD.product_id;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        UPDATE product_search
        SET rating_count = rating_count + 1, rating_sum = rating_sum + round(NEW.rating * 1000)::bigint
        WHERE product_id = NEW.product_id;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER reviews_searched_by_insert
    AFTER INSERT ON reviews
    FOR EACH ROW EXECUTE FUNCTION product_search_of_review();
CREATE TRIGGER reviews_searched_by_update
    AFTER UPDATE OF rating, product_id ON reviews
    FOR EACH ROW WHEN ((OLD.rating, OLD.product_id) IS DISTINCT FROM (NEW.rating, NEW.product_id))
    EXECUTE FUNCTION product_search_of_review();
CREATE TRIGGER reviews_searched_by_delete
    AFTER DELETE ON reviews
    FOR EACH ROW EXECUTE FUNCTION product_search_of_review();

CREATE FUNCTION product_search_of_no_review() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE product_search SET rating_count = 0, rating_sum = 0 WHERE rating_count > 0;
    RETURN NULL;
END
$$;

CREATE TRIGGER reviews_searched_by_truncate
    AFTER TRUNCATE ON reviews
    FOR EACH STATEMENT EXECUTE FUNCTION product_search_of_no_review();

-- What is there already. The triggers' locks keep everybody from writing until this is committed.
INSERT INTO product_search
    (product_id, vector, name_key, price, category_id, active, rating_count, rating_sum)
SELECT product.id, product_search_vector('english', product.name, product.description), lower(product.name),
    product.price, product.category_id, product.active, coalesce(rated.count, 0), coalesce(rated.sum, 0)
FROM products AS product
LEFT JOIN (
    SELECT product_id, count(*) AS count, sum(round(rating * 1000)::bigint)::bigint AS sum
    FROM reviews GROUP BY product_id
) AS rated ON rated.product_id = product.id;

INSERT INTO product_search_words (word)
SELECT DISTINCT named.word FROM products, product_search_words_of(products.name) AS named (word);

INSERT INTO product_search_lexemes (lexeme)
SELECT word FROM ts_stat('SELECT vector FROM product_search');

-- No list of pending entries: searches would have to read it through.
CREATE INDEX product_search_vector_idx ON product_search USING gin (vector) WITH (fastupdate = off);
-- Of names alone: what has the words in its name is looked at first.
CREATE INDEX product_search_name_words_idx ON product_search USING gin (ts_filter(vector, '{a}')) WITH (fastupdate = off);
CREATE INDEX product_search_name_key_idx ON product_search (name_key COLLATE "C", product_id);
CREATE INDEX product_search_lexemes_lexeme_idx ON product_search_lexemes (lexeme);
CREATE INDEX product_search_words_word_idx ON product_search_words (word);
CREATE INDEX product_search_words_similar_idx ON product_search_words USING gin (word gin_trgm_ops)
    WITH (fastupdate = off);

ANALYZE product_search;
ANALYZE product_search_lexemes;
ANALYZE product_search_words;
