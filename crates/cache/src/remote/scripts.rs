//! What is done in Redis in one step each, and the names of the keys there.

use std::time::Duration;

use bytes::Bytes;
use redis::{FromRedisValue, RedisResult, Script, aio::MultiplexedConnection};

use super::message::Message;
use crate::{
    key::{Key, Namespaces},
    settings::LONGEST_TTL,
};

/// How long the version of a namespace is kept when nothing changes. Values that outlive it are not found any more.
const VERSION_TTL: Duration = LONGEST_TTL;

/// The scripts, under the names of one prefix.
pub(super) struct Scripts {
    prefix: String,
    look_up: Script,
    fill: Script,
    release: Script,
    invalidate: Script,
}

/// The right to load a value for everybody.
#[derive(Debug)]
pub(crate) struct Lease {
    pub(super) owner: String,
    version: Vec<u8>,
}

/// What Redis has of a value.
pub(crate) enum Found {
    /// It, and how much longer it is good.
    Value(Bytes, Duration),
    /// Nothing, and the lease for loading it.
    Lease(Lease),
    /// Nothing, and somebody else has the lease.
    Busy,
}

impl Scripts {
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            look_up: Script::new(include_str!("look_up.lua")),
            fill: Script::new(include_str!("fill.lua")),
            release: Script::new(include_str!("release.lua")),
            invalidate: Script::new(include_str!("invalidate.lua")),
        }
    }

    /// The channel on which changes are told.
    pub(super) fn channel(&self) -> String {
        format!("{}:cache:changes", self.prefix)
    }

    pub(super) fn value(&self, name: &impl std::fmt::Display) -> String {
        format!("{}:cache:value:{name}", self.prefix)
    }

    fn lease(&self, name: &impl std::fmt::Display) -> String {
        format!("{}:cache:lease:{name}", self.prefix)
    }

    fn version(&self, namespace: crate::Namespace) -> String {
        format!("{}:cache:version:{}", self.prefix, namespace.index())
    }

    pub(super) async fn look_up<K: Key>(
        &self,
        connection: &mut MultiplexedConnection,
        key: &K,
        owner: &str,
        lease: Duration,
        lasting: Duration,
    ) -> RedisResult<Found> {
        let reply: Reply = self
            .look_up
            .key(self.value(key))
            .key(self.lease(key))
            .key(self.version(key.namespace()))
            .arg(owner)
            .arg(milliseconds(lease))
            .arg(random())
            .arg(milliseconds(VERSION_TTL))
            .arg(milliseconds(lasting))
            .invoke_async(connection)
            .await?;
        Ok(match reply {
            Reply::Value(mut value, left) => {
                let frame = value.split_off(owner.len().min(value.len()));
                Found::Value(frame, Duration::from_millis(left))
            }
            Reply::Lease(version) => Found::Lease(Lease { owner: owner.to_owned(), version }),
            Reply::Busy => Found::Busy,
        })
    }

    /// Whether it was kept.
    pub(super) async fn fill<K: Key>(
        &self,
        connection: &mut MultiplexedConnection,
        key: &K,
        lease: &Lease,
        frame: &[u8],
        ttl: Duration,
    ) -> RedisResult<bool> {
        self.fill
            .key(self.value(key))
            .key(self.lease(key))
            .key(self.version(key.namespace()))
            .arg(&lease.owner)
            .arg(&lease.version)
            .arg(frame)
            .arg(milliseconds(ttl))
            .invoke_async(connection)
            .await
    }

    pub(super) async fn release<K: Key>(
        &self,
        connection: &mut MultiplexedConnection,
        key: &K,
        owner: &str,
    ) -> RedisResult<()> {
        self.release.key(self.lease(key)).arg(owner).invoke_async::<i64>(connection).await.map(|_| ())
    }

    /// Asks for a change that changes nothing: a server that only copies another one refuses it.
    pub(super) async fn probe(&self, connection: &mut MultiplexedConnection) -> RedisResult<()> {
        let name = format!("{}:cache:probe", self.prefix);
        redis::cmd("DEL").arg(name).query_async::<i64>(connection).await.map(|_| ())
    }

    pub(super) async fn invalidate(
        &self,
        connection: &mut MultiplexedConnection,
        sender: &str,
        names: &[String],
        namespaces: Namespaces,
    ) -> RedisResult<()> {
        let mut call = self.invalidate.prepare_invoke();
        for namespace in namespaces.iter() {
            call.key(self.version(namespace));
        }
        for name in names {
            call.key(self.value(name)).key(self.lease(name));
        }
        call.arg(self.channel()).arg(Message::write(sender, namespaces, names));
        call.invoke_async::<i64>(connection).await.map(|_| ())
    }
}

/// 16 characters that nobody else has: versions and owners must never come twice, also after Redis lost its memory.
pub(super) fn random() -> String {
    format!("{:016x}", fastrand::u64(..))
}

/// At least one: Redis refuses keys that live for 0 ms.
fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX).max(1)
}

enum Reply {
    Value(Bytes, u64),
    Lease(Vec<u8>),
    Busy,
}

impl FromRedisValue for Reply {
    fn from_redis_value(reply: redis::Value) -> Result<Self, redis::ParsingError> {
        let redis::Value::Array(parts) = reply else {
            return Err("a script answered with something else than a list".into());
        };
        let mut parts = parts.into_iter();
        match (parts.next(), parts.next(), parts.next()) {
            (
                Some(redis::Value::Int(1)),
                Some(redis::Value::BulkString(value)),
                Some(redis::Value::Int(left)),
            ) => Ok(Self::Value(value.into(), u64::try_from(left).unwrap_or_default())),
            (Some(redis::Value::Int(2)), Some(redis::Value::BulkString(version)), None) => {
                Ok(Self::Lease(version))
            }
            (Some(redis::Value::Int(3)), None, None) => Ok(Self::Busy),
            _ => Err("a script answered with another list".into()),
        }
    }
}
