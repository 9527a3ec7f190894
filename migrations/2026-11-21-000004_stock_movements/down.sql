DROP TABLE stock_movements;
DROP FUNCTION stock_movements_refuse_change();
