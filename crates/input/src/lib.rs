//! How loosely typed JSON and query strings become typed values.
