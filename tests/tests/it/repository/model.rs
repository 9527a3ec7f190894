//! Any sequence of actions on products, orders, lines and checkouts leaves the database as a model in memory has it,
//! action by action, refusals and undone transactions included. A sequence that does not is made as short as possible.

mod action;
mod books;
mod database;
mod reading;
mod rules;

use std::sync::LazyLock;

use proptest::{prelude::*, test_runner::Config};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use tokio::{
    runtime::{Builder, Runtime},
    sync::{Mutex, MutexGuard, OnceCell},
};

use action::Action;
use books::{Books, Outcome};
use database::Database;

/// The books as they must be, and what must have become of the last action.
#[derive(Debug, Clone)]
struct Expected {
    books: Books,
    outcome: Outcome,
}

struct Model;

impl ReferenceStateMachine for Model {
    type State = Expected;
    type Transition = Action;

    fn init_state() -> BoxedStrategy<Expected> {
        Just(Expected { books: Books::default(), outcome: Outcome::Done }).boxed()
    }

    fn transitions(expected: &Expected) -> BoxedStrategy<Action> {
        action::actions(&expected.books)
    }

    fn apply(mut expected: Expected, action: &Action) -> Expected {
        expected.outcome = expected.books.perform(action);
        expected
    }
}

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap());

/// The database of all sequences, which is emptied before each.
async fn database() -> MutexGuard<'static, Database> {
    static DATABASE: OnceCell<Mutex<Database>> = OnceCell::const_new();
    let connect = async || Mutex::new(Database::connect(&stockroom_tests::database().await).await);
    DATABASE.get_or_init(connect).await.lock().await
}

struct Repository;

impl StateMachineTest for Repository {
    type SystemUnderTest = ();
    type Reference = Model;

    fn init_test(_: &Expected) {
        RUNTIME.block_on(async { database().await.reset().await });
    }

    fn apply((): (), expected: &Expected, action: Action) {
        RUNTIME.block_on(async {
            let mut database = database().await;
            assert_eq!(database.perform(&action).await, expected.outcome, "{action:?}");
            assert_eq!(database.read().await, expected.books, "{action:?}");
        });
    }

    fn teardown((): (), _: Expected) {
        RUNTIME.block_on(async { assert_eq!(database().await.faults().await, []) });
    }
}

prop_state_machine! {
    #![proptest_config(Config {
        cases: 60,
        max_shrink_time: 60_000,
        failure_persistence: None,
        ..Config::default()
    })]

    #[test]
    fn the_database_does_what_the_model_does(sequential 1..60 => Repository);
}
