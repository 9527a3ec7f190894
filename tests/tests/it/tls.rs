//! Encrypted connections to servers with certificates that are made in the test: right, expired, of another host, of an
//! authority that nobody knows; and servers without TLS.

mod postgres_connections;
mod postgres_modes;
mod redis;
