//! The accounts of a shop: all its clients have one password, some have signed in, and there is an API key.
//!
//! The service itself hashes the password, of one account that registers. So the hash is as strong as the service is set
//! to make it, and tells how argon2 is measured alone.

use std::net::SocketAddr;

use serde_json::Value;

use crate::{
    checkout::orders::Buyer,
    client::{Answer, Client},
    failure::Failure,
    postgres::Postgres,
    service::Program,
};

pub(super) const PASSWORD: &str = "correct horse battery staple";
const REGISTERED: &str = "registered@shop.invalid";
/// Clients who sign in.
const SIGNED_IN: u64 = 100;

/// A shop's accounts.
pub(super) struct Accounts {
    /// In PHC format.
    pub(super) hash: String,
    /// Those who have signed in, each with a token.
    pub(super) clients: Vec<Buyer>,
}

impl Accounts {
    /// Gives all clients of the service's shop a password, and signs some of them in.
    pub(super) fn open(address: SocketAddr, postgres: &Postgres, database: &str) -> Result<Self, Failure> {
        let account =
            format!(r#"{{"name":"Ana","lastname":"Lopez","email":"{REGISTERED}","password":"{PASSWORD}"}}"#);
        ask(&mut connect(address)?, "/auth/register", &account, 201)?;
        let found = format!("SELECT password_hash FROM clients WHERE email = '{REGISTERED}'");
        let hash = postgres.query(database, &found)?;
        postgres.execute(database, &format!("UPDATE clients SET password_hash = ({found})"))?;
        Self::sign_in(address, hash)
    }

    /// Signs clients in whose password has this hash.
    pub(super) fn sign_in(address: SocketAddr, hash: String) -> Result<Self, Failure> {
        let mut client = connect(address)?;
        let mut clients = Vec::new();
        for id in 1..=SIGNED_IN {
            let answer = ask(&mut client, "/auth/login", &credentials(id), 200)?;
            clients.push(bearer(&answer)?);
        }
        Ok(Self { hash, clients })
    }
}

/// Somebody with an API key that permits to place orders for anybody.
pub(super) fn key_holder(program: &Program, url: &str) -> Result<Buyer, Failure> {
    let arguments = ["key", "create", "--name", "Bench", "--scopes", "orders:write"];
    let output = program.run(&arguments, url)?;
    let key = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || key.is_empty() {
        let told = String::from_utf8_lossy(&output.stderr);
        return Err(Failure::run(format!("no API key was made: {}", told.trim())));
    }
    Ok(Buyer { id: 0, proof: format!("X-API-Key: {key}") })
}

/// What a client of the shop signs in with.
pub(super) fn credentials(id: u64) -> String {
    format!(r#"{{"email":"client-{id}@shop.invalid","password":"{PASSWORD}"}}"#)
}

fn connect(address: SocketAddr) -> Result<Client, Failure> {
    Client::connect(address).map_err(Failure::because("cannot connect to the service"))
}

fn ask(client: &mut Client, target: &str, body: &str, status: u16) -> Result<Answer, Failure> {
    let answer = client.post(target, body).map_err(Failure::because("the service does not answer"))?;
    if answer.status == status {
        return Ok(answer);
    }
    Err(Failure::run(format!("POST {target} is answered {}: {}", answer.status, answer.body)))
}

/// Who has signed in with this answer.
fn bearer(answer: &Answer) -> Result<Buyer, Failure> {
    let body: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    match (body["id_key"].as_u64(), body["access_token"].as_str()) {
        (Some(id), Some(token)) => Ok(Buyer { id, proof: format!("Authorization: Bearer {token}") }),
        _ => Err(Failure::run("a sign-in is answered without a token")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_signed_in_proves_it_with_the_token() {
        let answer = |body: &str| Answer { status: 200, fields: Vec::new(), body: body.to_owned() };
        let found = bearer(&answer(r#"{"id_key":7,"access_token":"x.y.z"}"#)).unwrap();
        assert_eq!(found, Buyer { id: 7, proof: "Authorization: Bearer x.y.z".to_owned() });
        assert!(bearer(&answer("{}")).is_err());
    }
}
