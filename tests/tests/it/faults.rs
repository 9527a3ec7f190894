//! What callers see while PostgreSQL or Redis fails, and that all is well when it has passed.

mod disk;
mod newer_schema;
mod probes;
mod table;
mod world;

use std::time::Instant;

use futures_util::future::join_all;

use table::{Fault, Operation, RECOVERY, TABLE, WITHIN};
use world::World;

/// Does every operation while a fault lasts, and compares what is seen with the table.
async fn happens(fault: Fault) {
    let world = World::build(fault).await;
    world.begin(fault).await;
    let cells = &TABLE.iter().find(|(listed, _)| *listed == fault).expect("a line of the table").1;
    let asked = Operation::ALL.iter().zip(cells).map(async |(operation, expected)| {
        let started = Instant::now();
        let answer = world.ask(*operation).await;
        let taken = started.elapsed();
        assert_eq!(answer.status.as_u16(), *expected, "{operation:?} while {fault:?}: {}", answer.text);
        assert!(taken < WITHIN, "{operation:?} while {fault:?} took {taken:?}");
        if *expected == 503 && operation.is_of_the_api() {
            answer.expect_problem(503, "Service temporarily unavailable");
            assert_eq!(answer.header("retry-after"), "1", "{operation:?} while {fault:?}");
        }
    });
    join_all(asked).await;
    world.end(fault).await;
    let ended = Instant::now();
    for operation in Operation::ALL {
        world.until_well(*operation).await;
    }
    assert!(ended.elapsed() < RECOVERY, "{fault:?}: well again after {:?}", ended.elapsed());
    world.assert_sound().await;
}

macro_rules! faults {
    ($($name:ident: $fault:ident)+) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            happens(Fault::$fault).await;
        }
    )+};
}

faults! {
    a_postgresql_that_is_cut_off: PostgresIsCutOff
    a_postgresql_that_hangs: PostgresHangs
    a_postgresql_that_is_slow: PostgresIsSlow
    a_postgresql_that_takes_no_changes: PostgresIsReadOnly
    a_postgresql_without_connections: PostgresIsFull
    a_postgresql_that_ends_all_connections: PostgresEndsConnections
    a_redis_that_is_cut_off: RedisIsCutOff
    a_redis_that_hangs: RedisHangs
    a_redis_that_is_emptied: RedisIsEmptied
}
