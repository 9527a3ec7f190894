//! The table of what callers see while something fails. The tests run from it, and `docs/reliability.md` shows it.

use std::{fmt::Write, time::Duration};

/// What fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    PostgresIsCutOff,
    PostgresHangs,
    PostgresIsSlow,
    PostgresIsFar,
    PostgresBreaks,
    PostgresIsReadOnly,
    PostgresIsFull,
    PostgresEndsConnections,
    RedisIsCutOff,
    RedisHangs,
    RedisIsSlow,
    RedisIsEmptied,
}

/// What a caller does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    ReadCached,
    ReadUncached,
    Order,
    Cancel,
    ChangeProduct,
    SetStock,
    SignIn,
    Ready,
    Health,
    Alive,
}

impl Operation {
    pub(super) const ALL: &[Self] = &[
        Self::ReadCached,
        Self::ReadUncached,
        Self::Order,
        Self::Cancel,
        Self::ChangeProduct,
        Self::SetStock,
        Self::SignIn,
        Self::Ready,
        Self::Health,
        Self::Alive,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::ReadCached => "read, cached",
            Self::ReadUncached => "read",
            Self::Order => "order",
            Self::Cancel => "cancel",
            Self::ChangeProduct => "`PUT` product",
            Self::SetStock => "set stock",
            Self::SignIn => "sign in",
            Self::Ready => "`/readyz`",
            Self::Health => "`/health_check`",
            Self::Alive => "`/livez`",
        }
    }

    /// What is answered when nothing fails.
    pub(super) fn well(self) -> u16 {
        if self == Self::Order { 201 } else { 200 }
    }

    /// Whether PostgreSQL is asked, by a probe once what it saw before is not told any more.
    pub(super) fn asks_postgres(self) -> bool {
        !matches!(self, Self::ReadCached | Self::Alive)
    }

    /// Whether its failures are problem documents.
    pub(super) fn is_of_the_api(self) -> bool {
        !matches!(self, Self::Ready | Self::Health | Self::Alive)
    }
}

impl Fault {
    fn name(self) -> &'static str {
        match self {
            Self::PostgresIsCutOff => "PostgreSQL is down: connections are reset and refused",
            Self::PostgresHangs => "PostgreSQL hangs, or packets to it vanish",
            Self::PostgresIsSlow => "PostgreSQL is slow: statements exceed their timeout",
            Self::PostgresIsFar => "PostgreSQL is far away: 30 ms each way",
            Self::PostgresBreaks => "A connection to PostgreSQL breaks in the middle of its first answer",
            Self::PostgresIsReadOnly => "PostgreSQL is read-only: it fails over",
            Self::PostgresIsFull => "PostgreSQL gives no connections",
            Self::PostgresEndsConnections => "PostgreSQL was restarted, or has ended all connections",
            Self::RedisIsCutOff => "Redis is down",
            Self::RedisHangs => "Redis hangs",
            Self::RedisIsSlow => "Redis is slow: it answers later than it is waited for",
            Self::RedisIsEmptied => "Redis is emptied",
        }
    }

    pub(super) fn is_of_redis(self) -> bool {
        matches!(self, Self::RedisIsCutOff | Self::RedisHangs | Self::RedisIsSlow | Self::RedisIsEmptied)
    }

    /// Whether it is seen once, by who comes first.
    pub(super) fn is_of_one(self) -> bool {
        self == Self::PostgresBreaks
    }

    /// Whether sessions keep it when it has passed: nobody but PostgreSQL knows of which.
    pub(super) fn stays_with_sessions(self) -> bool {
        self == Self::PostgresIsReadOnly
    }

    /// The statuses of its line, in the order of [`Operation::ALL`].
    pub(super) fn cells(self) -> [u16; 10] {
        TABLE.iter().find(|(listed, _)| *listed == self).expect("a line of the table").1
    }
}

/// How soon every answer of a test comes on a busy machine. Where something is waited for, its timeouts are two seconds or less,
/// and nothing waits for more than two of them.
pub(super) const WITHIN: Duration = Duration::from_secs(9);
/// How long after a fault has passed what was seen of it may be told: by probes, and by sessions that keep it.
pub(super) const LAG: Duration = Duration::from_secs(1);

/// The statuses, in the order of [`Operation::ALL`].
pub(super) const TABLE: &[(Fault, [u16; 10])] = &[
    (Fault::PostgresIsCutOff, [200, 503, 503, 503, 503, 503, 503, 503, 200, 200]),
    (Fault::PostgresHangs, [200, 503, 503, 503, 503, 503, 503, 503, 200, 200]),
    (Fault::PostgresIsSlow, [200, 503, 503, 503, 503, 503, 503, 200, 200, 200]),
    (Fault::PostgresIsFar, [200, 200, 201, 200, 200, 200, 200, 200, 200, 200]),
    (Fault::PostgresBreaks, [200, 200, 201, 200, 200, 200, 200, 200, 200, 200]),
    (Fault::PostgresIsReadOnly, [200, 200, 503, 503, 503, 503, 503, 200, 200, 200]),
    (Fault::PostgresIsFull, [200, 503, 503, 503, 503, 503, 503, 503, 200, 200]),
    (Fault::PostgresEndsConnections, [200, 200, 201, 200, 200, 200, 200, 200, 200, 200]),
    (Fault::RedisIsCutOff, [200, 200, 201, 200, 200, 200, 200, 200, 200, 200]),
    (Fault::RedisHangs, [200, 200, 201, 200, 200, 200, 200, 200, 200, 200]),
    (Fault::RedisIsSlow, [200, 200, 201, 200, 200, 200, 200, 200, 200, 200]),
    (Fault::RedisIsEmptied, [200, 200, 201, 200, 200, 200, 200, 200, 200, 200]),
];

fn as_markdown() -> String {
    let names: Vec<_> = Operation::ALL.iter().map(|operation| operation.name()).collect();
    let mut text = format!("| fault | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for (fault, cells) in TABLE {
        let cells: Vec<_> = cells.iter().map(ToString::to_string).collect();
        writeln!(text, "| {} | {} |", fault.name(), cells.join(" | ")).expect("text can be written");
    }
    text
}

#[test]
fn the_document_shows_this_table() {
    let document = include_str!("../../../../docs/reliability.md");
    let table = as_markdown();
    assert!(document.contains(&table), "docs/reliability.md should have this table:\n\n{table}");
}
