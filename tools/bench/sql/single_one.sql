-- One order of one line in one statement; see place_order.sql.
\set client random(1, :clients)
\set product random(:from1, :to1)
SELECT place_order(:client, :product, :series, :fingerprint, :answer);
