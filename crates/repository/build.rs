//! Has the crate built again when a migration is added: the macro that embeds them cannot tell (documented at
//! `diesel_migrations::embed_migrations`).

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
