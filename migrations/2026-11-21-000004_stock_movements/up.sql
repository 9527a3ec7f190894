-- The ledger of stock: every change of products.stock writes its row here, in the same transaction.
-- There are no foreign keys on purpose: the ledger outlives the products and order lines it speaks of. A deleted
-- product leaves a closing row, so that the sum of its movements is 0.

CREATE TABLE stock_movements (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT stock_movements_pkey PRIMARY KEY,
    product_id bigint NOT NULL,
    delta bigint NOT NULL CONSTRAINT stock_movements_delta_not_zero CHECK (delta <> 0),
    reason text NOT NULL CONSTRAINT stock_movements_reason_known CHECK (
        reason IN ('initial', 'adjustment', 'import', 'sale', 'line_change', 'line_delete', 'cancel', 'order_delete',
                   'product_delete')
    ),
    order_detail_id bigint,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX stock_movements_product_id_idx ON stock_movements (product_id, id);
CREATE INDEX stock_movements_order_detail_id_idx ON stock_movements (order_detail_id)
    WHERE order_detail_id IS NOT NULL;

CREATE FUNCTION stock_movements_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stock_movements is append-only: % is not allowed', TG_OP
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER stock_movements_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_movements
    FOR EACH STATEMENT EXECUTE FUNCTION stock_movements_refuse_change();
