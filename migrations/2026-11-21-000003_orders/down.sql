DROP TABLE order_details;
DROP TABLE orders;
DROP TABLE bills;
