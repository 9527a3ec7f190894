//! What callers see while PostgreSQL or Redis fails, and that all is well when it has passed.

mod disk;
mod failover;
mod hung_hosts;
mod newer_schema;
mod probes;
mod table;
mod world;

use std::time::Instant;

use futures_util::future::join_all;

use table::{Fault, Operation, WITHIN};
use world::World;

/// Does every operation while a fault lasts, and compares what is seen with the table. When it has passed, every operation goes
/// well the first time.
async fn happens(fault: Fault) {
    let world = World::build(fault).await;
    if fault.is_of_one() {
        for (operation, expected) in Operation::ALL.iter().zip(fault.cells()) {
            // So that it has a connection, and does not meet the fault while it makes one.
            world.assert_well(*operation).await;
            world.begin(fault).await;
            if !operation.is_of_the_api() {
                world.outlast(Instant::now()).await;
            }
            compare(&world, fault, *operation, expected).await;
            let is_left = operation.asks_postgres() && world.is_about_to_break();
            assert!(!is_left, "{operation:?} met no {fault:?}");
        }
    } else {
        world.begin(fault).await;
        // The second time on connections that are made while it lasts, if any are.
        for _ in 0..2 {
            let asked = Operation::ALL.iter().zip(fault.cells());
            join_all(asked.map(|(operation, expected)| compare(&world, fault, *operation, expected))).await;
        }
    }
    world.end(fault).await;
    let ended = Instant::now();
    if fault.stays_with_sessions() {
        world.outlast(ended).await;
    }
    let of_the_api = Operation::ALL.iter().filter(|operation| operation.is_of_the_api());
    join_all(of_the_api.map(|operation| world.assert_well(*operation))).await;
    world.outlast(ended).await;
    world.assert_probes_are_right().await;
    world.assert_sound().await;
}

async fn compare(world: &World, fault: Fault, operation: Operation, expected: u16) {
    let started = Instant::now();
    let answer = world.ask(operation).await;
    let taken = started.elapsed();
    assert_eq!(answer.status.as_u16(), expected, "{operation:?} while {fault:?}: {}", answer.text);
    assert!(taken < WITHIN, "{operation:?} while {fault:?} took {taken:?}");
    if expected == 503 && operation.is_of_the_api() {
        answer.expect_problem(503, "Service temporarily unavailable");
        assert_eq!(answer.header("retry-after"), "1", "{operation:?} while {fault:?}");
    }
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
    a_postgresql_that_is_far_away: PostgresIsFar
    a_postgresql_whose_connection_breaks_in_the_middle_of_an_answer: PostgresBreaks
    a_postgresql_that_takes_no_changes: PostgresIsReadOnly
    a_postgresql_without_connections: PostgresIsFull
    a_postgresql_that_ends_all_connections: PostgresEndsConnections
    a_redis_that_is_cut_off: RedisIsCutOff
    a_redis_that_hangs: RedisHangs
    a_redis_that_is_slow: RedisIsSlow
    a_redis_that_is_emptied: RedisIsEmptied
}
