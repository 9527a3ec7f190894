-- Reviews are moderated, tell whether their authors bought the product, and make up the rating that a product shows.

ALTER TABLE products
    ADD COLUMN rating_count bigint NOT NULL DEFAULT 0
        CONSTRAINT products_rating_count_not_negative CHECK (rating_count >= 0),
    ADD COLUMN rating_sum bigint NOT NULL DEFAULT 0
        CONSTRAINT products_rating_sum_not_negative CHECK (rating_sum >= 0);
COMMENT ON COLUMN products.rating_count IS 'published reviews';
COMMENT ON COLUMN products.rating_sum IS 'of published reviews, in thousandths of a star';
COMMENT ON COLUMN product_search.rating_sum IS 'of published reviews, in thousandths of a star';

ALTER TABLE reviews
    ADD COLUMN status text NOT NULL DEFAULT 'published'
        CONSTRAINT reviews_status_known CHECK (status IN ('pending', 'published', 'rejected')),
    ADD COLUMN verified_purchase boolean NOT NULL DEFAULT false,
    ADD COLUMN one_per_client boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN reviews.status IS 'only what is published is shown, and counted in ratings';
COMMENT ON COLUMN reviews.verified_purchase IS 'its client had ordered the product when the review was written';
COMMENT ON COLUMN reviews.one_per_client IS 'written where a client may review a product once';

DROP TRIGGER reviews_searched_by_insert ON reviews;
DROP TRIGGER reviews_searched_by_update ON reviews;
DROP TRIGGER reviews_searched_by_delete ON reviews;
DROP TRIGGER reviews_searched_by_truncate ON reviews;
DROP FUNCTION product_search_of_review();
DROP FUNCTION product_search_of_no_review();

-- What is there already is published. Nobody writes reviews until this is committed.
UPDATE products
SET rating_count = rated.count, rating_sum = rated.sum
FROM (
    SELECT product_id, count(*) AS count, sum(round(rating * 1000)::bigint)::bigint AS sum
    FROM reviews GROUP BY product_id
) AS rated
WHERE products.id = rated.product_id;

UPDATE reviews SET verified_purchase = true
FROM (
    SELECT DISTINCT orders.client_id, order_details.product_id
    FROM order_details JOIN orders ON orders.id = order_details.order_id
    WHERE orders.status <> 4
) AS bought
WHERE reviews.client_id = bought.client_id AND reviews.product_id = bought.product_id;

DROP INDEX reviews_product_id_idx;
CREATE INDEX reviews_product_id_idx ON reviews (product_id, status, id);
-- One for each status: of an index over all of them PostgreSQL thinks that it leads all over the table.
CREATE INDEX reviews_pending_idx ON reviews (id) WHERE status = 'pending';
CREATE INDEX reviews_published_idx ON reviews (id) WHERE status = 'published';
CREATE INDEX reviews_rejected_idx ON reviews (id) WHERE status = 'rejected';
CREATE UNIQUE INDEX reviews_client_id_product_id_key ON reviews (client_id, product_id) WHERE one_per_client;

-- In one order for everybody, or two reviews that change places wait for each other.
CREATE FUNCTION reviews_lock_products() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM products WHERE id IN (OLD.product_id, NEW.product_id) ORDER BY id FOR NO KEY UPDATE;
    RETURN NEW;
END
$$;

CREATE TRIGGER reviews_lock_products
    BEFORE UPDATE OF product_id ON reviews
    FOR EACH ROW WHEN (OLD.product_id <> NEW.product_id)
    EXECUTE FUNCTION reviews_lock_products();

-- Added and subtracted, never counted again: a product with many reviews takes one more like any other.
CREATE FUNCTION reviews_rate(product bigint, reviews bigint, thousandths bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE products SET rating_count = rating_count + reviews, rating_sum = rating_sum + thousandths
    WHERE id = product;
    UPDATE product_search SET rating_count = rating_count + reviews, rating_sum = rating_sum + thousandths
    WHERE product_id = product;
END
$$;

CREATE FUNCTION reviews_rate_products() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before bigint := 0;
    after bigint := 0;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.status = 'published' THEN
        before := round(OLD.rating * 1000)::bigint;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.status = 'published' THEN
        after := round(NEW.rating * 1000)::bigint;
    END IF;
    -- No rating is 0, so that 0 tells of a review that does not count.
    IF TG_OP = 'UPDATE' AND OLD.product_id = NEW.product_id THEN
        IF before <> after THEN
            PERFORM reviews_rate(NEW.product_id, sign(after)::bigint - sign(before)::bigint, after - before);
        END IF;
        RETURN NULL;
    END IF;
    IF before > 0 THEN
        PERFORM reviews_rate(OLD.product_id, -1, -before);
    END IF;
    IF after > 0 THEN
        PERFORM reviews_rate(NEW.product_id, 1, after);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER reviews_rated_by_insert
    AFTER INSERT ON reviews
    FOR EACH ROW WHEN (NEW.status = 'published')
    EXECUTE FUNCTION reviews_rate_products();
CREATE TRIGGER reviews_rated_by_update
    AFTER UPDATE OF rating, product_id, status ON reviews
    FOR EACH ROW WHEN ((OLD.rating, OLD.product_id, OLD.status) IS DISTINCT FROM (NEW.rating, NEW.product_id, NEW.status))
    EXECUTE FUNCTION reviews_rate_products();
CREATE TRIGGER reviews_rated_by_delete
    AFTER DELETE ON reviews
    FOR EACH ROW WHEN (OLD.status = 'published')
    EXECUTE FUNCTION reviews_rate_products();

CREATE FUNCTION reviews_rate_nothing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE products SET rating_count = 0, rating_sum = 0 WHERE rating_count > 0;
    UPDATE product_search SET rating_count = 0, rating_sum = 0 WHERE rating_count > 0;
    RETURN NULL;
END
$$;

CREATE TRIGGER reviews_rated_by_truncate
    AFTER TRUNCATE ON reviews
    FOR EACH STATEMENT EXECUTE FUNCTION reviews_rate_nothing();
