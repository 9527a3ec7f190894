DROP TABLE reviews;
DROP TABLE addresses;
DROP TABLE clients;
