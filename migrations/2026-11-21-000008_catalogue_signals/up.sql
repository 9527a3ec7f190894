-- Tells servers which products and categories have changed, so that what they keep of them is dropped: everybody is heard,
-- scripts, imports and psql included. Servers that tell each other in another way switch it off with
-- `SET stockroom.signals = off`; a server that puts its own name there is named in its signals, and ignores them.

CREATE FUNCTION catalogue_signal(what text, id bigint) RETURNS void LANGUAGE sql AS $$
    -- The same text twice in one transaction is told once.
    SELECT pg_notify(
        'stockroom_catalogue', what || ':' || id || ':' || coalesce(current_setting('stockroom.signals', true), '')
    )
$$;

CREATE FUNCTION products_signal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM catalogue_signal('product', OLD.id);
    ELSE
        PERFORM catalogue_signal('product', NEW.id);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION categories_signal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM catalogue_signal('category', OLD.id);
    ELSE
        PERFORM catalogue_signal('category', NEW.id);
    END IF;
    RETURN NULL;
END
$$;

-- A review is shown with its product, and may move to another one.
CREATE FUNCTION reviews_signal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM catalogue_signal('product', OLD.product_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM catalogue_signal('product', NEW.product_id);
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION catalogue_signal_everything() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('stockroom_catalogue', 'everything');
    RETURN NULL;
END
$$;

CREATE TRIGGER products_signal
    AFTER INSERT OR UPDATE OR DELETE ON products
    FOR EACH ROW WHEN (current_setting('stockroom.signals', true) IS DISTINCT FROM 'off')
    EXECUTE FUNCTION products_signal();
CREATE TRIGGER categories_signal
    AFTER INSERT OR UPDATE OR DELETE ON categories
    FOR EACH ROW WHEN (current_setting('stockroom.signals', true) IS DISTINCT FROM 'off')
    EXECUTE FUNCTION categories_signal();
CREATE TRIGGER reviews_signal
    AFTER INSERT OR UPDATE OR DELETE ON reviews
    FOR EACH ROW WHEN (current_setting('stockroom.signals', true) IS DISTINCT FROM 'off')
    EXECUTE FUNCTION reviews_signal();

CREATE TRIGGER products_signal_truncate
    AFTER TRUNCATE ON products FOR EACH STATEMENT EXECUTE FUNCTION catalogue_signal_everything();
CREATE TRIGGER categories_signal_truncate
    AFTER TRUNCATE ON categories FOR EACH STATEMENT EXECUTE FUNCTION catalogue_signal_everything();
CREATE TRIGGER reviews_signal_truncate
    AFTER TRUNCATE ON reviews FOR EACH STATEMENT EXECUTE FUNCTION catalogue_signal_everything();
