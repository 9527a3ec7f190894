//! The audit log: who has changed or read what. Triggers write what is changed, under the actor that a transaction
//! ([`act_in_tx`]) or a connection ([`ActorSetting`]) names; what they cannot see is recorded here ([`record_many`]).
//!
//! Nobody can change or delete an entry. Personal values are kept apart from it, so that they can be forgotten
//! ([`forget_in_tx`]) and the entry stays.

mod read;

use std::{borrow::Cow, net::IpAddr};

use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use stockroom_domain::{AuditAction, ClientId};

use crate::{Connection, Result, statement::statement};

pub use read::{AuditFilter, list, list_of_client, total};

/// Who makes the changes of a connection, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ActorSetting {
    /// A script without a name: `script:` and the role that has signed in to the database.
    #[default]
    Unnamed,
    /// A script of this name: `script:` and the name. An empty one is none.
    Script(String),
    /// The service, whose customers are not audited; for whoever is, the transaction says so.
    Service,
}

impl ActorSetting {
    /// What is asked for when connecting.
    pub(crate) fn option(&self) -> String {
        match self {
            Self::Unnamed => String::new(),
            Self::Script(name) if name.is_empty() => String::new(),
            Self::Script(name) => {
                let mut option = "-c stockroom.actor=script:".to_owned();
                for character in name.chars() {
                    // Options are separated by blanks.
                    if character.is_whitespace() || character == '\\' {
                        option.push('\\');
                    }
                    option.push(character);
                }
                option
            }
            Self::Service => "-c stockroom.actor=-".to_owned(),
        }
    }
}

/// Who does something, and where the request for it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The name, such as `operator:7`.
    pub name: String,
    /// The id of the request.
    pub request_id: Option<String>,
    /// The address that it came from.
    pub address: Option<IpAddr>,
}

impl Actor {
    fn address(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }
}

statement! {
    Act -> (Text, Text, Text) {
        "SELECT set_config('stockroom.actor', "
        name: Text as String,
        ", true), set_config('stockroom.request', "
        request_id: Text as String,
        ", true), set_config('stockroom.address', "
        address: Text as String,
        ", true)"
    }
}

/// What this transaction changes from here on, this actor has changed.
///
/// # Errors
/// Only when the database fails.
pub async fn act_in_tx(conn: &mut Connection, actor: &Actor) -> Result<()> {
    let name = actor.name.clone();
    let request_id = actor.request_id.clone().unwrap_or_default();
    let address = actor.address().unwrap_or_default();
    let _: (String, String, String) = Act { name, request_id, address }.get_result(conn).await?;
    Ok(())
}

/// An entry to record.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEntry {
    /// What was done.
    pub action: AuditAction,
    /// The table.
    pub resource: Cow<'static, str>,
    /// The row, where it is one.
    pub resource_id: Option<i64>,
    /// Whom it concerns.
    pub client_id: Option<ClientId>,
    /// What was there; nothing personal, it cannot be forgotten.
    pub before: Option<Value>,
    /// What is there now; nothing personal either.
    pub after: Option<Value>,
}

impl NewEntry {
    /// Something that was done to a row of a table.
    pub fn of(action: AuditAction, resource: impl Into<Cow<'static, str>>, resource_id: i64) -> Self {
        let (resource, resource_id) = (resource.into(), Some(resource_id));
        Self { action, resource, resource_id, client_id: None, before: None, after: None }
    }
}

statement! {
    #[derive(Default)]
    Record -> () {
        "INSERT INTO audit_log \
             (actor, request_id, address, action, resource, resource_id, client_id, before, after) \
         SELECT * FROM unnest("
        actors: Array<Text> as Vec<String>, ", "
        requests: Array<Nullable<Text>> as Vec<Option<String>>, ", "
        addresses: Array<Nullable<Text>> as Vec<Option<String>>, ", "
        actions: Array<Text> as Vec<String>, ", "
        resources: Array<Text> as Vec<String>, ", "
        resource_ids: Array<Nullable<BigInt>> as Vec<Option<i64>>, ", "
        clients: Array<Nullable<BigInt>> as Vec<Option<i64>>, ", "
        before: Array<Nullable<Jsonb>> as Vec<Option<Value>>, ", "
        after: Array<Nullable<Jsonb>> as Vec<Option<Value>>,
        ")"
    }
}

/// Records something that no trigger sees.
///
/// # Errors
/// Only when the database fails.
pub async fn record(conn: &mut Connection, actor: &Actor, entry: NewEntry) -> Result<()> {
    record_many(conn, [(actor, entry)]).await
}

/// Records what no trigger sees, with one statement, in this order; with none when there is nothing.
///
/// # Errors
/// Only when the database fails.
pub async fn record_many(
    mut conn: &Connection,
    entries: impl IntoIterator<Item = (&Actor, NewEntry)>,
) -> Result<()> {
    let mut rows = Record::default();
    for (actor, entry) in entries {
        rows.actors.push(actor.name.clone());
        rows.requests.push(actor.request_id.clone());
        rows.addresses.push(actor.address());
        rows.actions.push(entry.action.name().to_owned());
        rows.resources.push(entry.resource.into_owned());
        rows.resource_ids.push(entry.resource_id);
        rows.clients.push(entry.client_id.map(|client| client.0));
        rows.before.push(entry.before);
        rows.after.push(entry.after);
    }
    if !rows.actors.is_empty() {
        rows.execute(&mut conn).await?;
    }
    Ok(())
}

statement! {
    Forget -> () {
        "SELECT FROM audit_forget("
        client: BigInt as i64,
        ")"
    }
}

/// Deletes all personal values of a client from the log. The entries stay, with `***` in their place, and one more tells
/// that this was done, and who did it.
///
/// # Errors
/// Only when the database fails.
pub async fn forget_in_tx(conn: &mut Connection, client: ClientId) -> Result<()> {
    Forget { client: client.0 }.execute(conn).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_scripts_are_one_option_whatever_they_contain() {
        let option = |name: &str| ActorSetting::Script(name.to_owned()).option();
        assert_eq!(option("reprice"), "-c stockroom.actor=script:reprice");
        assert_eq!(option(r"a b\c"), r"-c stockroom.actor=script:a\ b\\c");
        assert_eq!(option(""), "");
        assert_eq!(ActorSetting::Service.option(), "-c stockroom.actor=-");
    }
}
