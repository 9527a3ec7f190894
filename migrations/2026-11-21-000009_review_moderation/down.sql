-- Without a status every review is shown: those that were pending or rejected, too.

DROP TRIGGER reviews_rated_by_truncate ON reviews;
DROP TRIGGER reviews_rated_by_delete ON reviews;
DROP TRIGGER reviews_rated_by_update ON reviews;
DROP TRIGGER reviews_rated_by_insert ON reviews;
DROP TRIGGER reviews_lock_products ON reviews;
DROP FUNCTION reviews_rate_nothing();
DROP FUNCTION reviews_rate_products();
DROP FUNCTION reviews_rate(bigint, bigint, bigint);
DROP FUNCTION reviews_lock_products();

UPDATE product_search AS searched
SET rating_count = searched.rating_count + hidden.count, rating_sum = searched.rating_sum + hidden.sum
FROM (
    SELECT product_id, count(*) AS count, sum(round(rating * 1000)::bigint)::bigint AS sum
    FROM reviews WHERE status <> 'published' GROUP BY product_id
) AS hidden
WHERE searched.product_id = hidden.product_id;

DROP INDEX reviews_client_id_product_id_key;
DROP INDEX reviews_rejected_idx;
DROP INDEX reviews_published_idx;
DROP INDEX reviews_pending_idx;
DROP INDEX reviews_product_id_idx;
CREATE INDEX reviews_product_id_idx ON reviews (product_id, id);
ALTER TABLE reviews DROP COLUMN one_per_client, DROP COLUMN verified_purchase, DROP COLUMN status;
ALTER TABLE products DROP COLUMN rating_sum, DROP COLUMN rating_count;
COMMENT ON COLUMN product_search.rating_sum IS 'of all reviews, in thousandths of a star';

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
