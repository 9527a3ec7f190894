//! Any interleaving of reads, held loads, writes and faults of Redis over two processes: who has written never reads what
//! is older, the other process follows within the bound, and in the end both agree. An interleaving in which that is not
//! so is made as short as possible. `PROPTEST_CASES` sets how many there are.

mod step;
mod truth;
mod world;

use proptest::{
    collection::vec,
    test_runner::{Config, TestRunner},
};
use stockroom_tests::RedisServer;
use tokio::runtime::Builder;

use world::World;

#[test]
fn whatever_happens_no_read_is_older_than_what_was_acknowledged() {
    let cases = std::env::var("PROPTEST_CASES").map_or(20, |cases| cases.parse().unwrap());
    let config = Config { cases, max_shrink_time: 60_000, failure_persistence: None, ..Config::default() };
    let redis = RedisServer::start();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(config);
    let outcome = runner.run(&vec(step::step(), 1..60), |steps| {
        runtime.block_on(async {
            let mut world = World::start(&redis).await;
            for step in steps {
                world.perform(step).await;
            }
            world.end().await;
        });
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));
}
