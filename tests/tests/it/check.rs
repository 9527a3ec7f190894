//! The check of all invariants: a sound shop passes it, and each fault is found, by its name and nowhere else.

mod cases;
mod serving;
mod shop;

use std::collections::BTreeSet;

use diesel_async::SimpleAsyncConnection;
use stockroom_repository::{
    Pool, PoolSettings,
    invariants::{self, Finding},
};
use stockroom_tests::App;

async fn check(url: &str, most: i64) -> Vec<Finding> {
    let pool = Pool::new(PoolSettings::new(url)).unwrap();
    let mut conn = pool.get().await.unwrap();
    invariants::check(&mut conn, most).await.unwrap()
}

/// The names of the invariants that do not hold, each with its offenders.
fn faults(findings: &[Finding]) -> Vec<(&'static str, Vec<String>)> {
    let broken = findings.iter().filter(|finding| finding.wrong > 0 || !finding.offenders.is_empty());
    let listed = |finding: &Finding| {
        finding.offenders.iter().map(|wrong| format!("{}: {}", wrong.name, wrong.detail)).collect()
    };
    broken.map(|finding| (finding.invariant.name, listed(finding))).collect()
}

fn checked(findings: &[Finding]) -> Vec<(&'static str, i64)> {
    findings.iter().map(|finding| (finding.invariant.name, finding.checked)).collect()
}

#[tokio::test]
async fn an_empty_shop_is_sound() {
    let app = App::start().await;

    let findings = check(app.database_url(), 10).await;

    assert_eq!(faults(&findings), []);
    assert!(findings.iter().all(|finding| finding.checked == 0), "{:?}", checked(&findings));
}

#[tokio::test]
async fn a_shop_in_which_everything_has_happened_is_sound() {
    let app = shop::build().await;

    let findings = check(app.database_url(), 10).await;

    assert_eq!(faults(&findings), []);
    assert_eq!((app.actor().stock(1).await, app.actor().stock(2).await), (92, 93));
    assert_eq!(
        checked(&findings),
        [
            ("stock-ledger", 3),
            ("stock-not-negative", 2),
            ("movement-lines", 30),
            ("open-lines", 7),
            ("cancelled-lines", 11),
            ("gone-lines", 3),
            ("order-totals", 4),
            ("order-bills", 4),
            ("issued-bills", 4),
            ("document-numbers", 7),
            ("credit-notes", 8),
            ("order-history", 8),
            ("idempotency-keys", 2),
            ("product-ratings", 2),
            ("product-search", 2),
            ("references", 44),
        ]
    );
}

/// Each fault is made in a transaction, which is rolled back.
#[tokio::test]
async fn each_fault_is_found_and_nothing_else() {
    let app = shop::build().await;
    let pool = app.pool();
    let mut conn = pool.get().await.unwrap();
    for (invariant, fault, offenders) in cases::all() {
        // Triggers and foreign keys stand aside, as they do when somebody restores or repairs by hand.
        let fault = format!("BEGIN; SET LOCAL session_replication_role = replica; {fault}");
        conn.batch_execute(&fault).await.expect(&fault);

        let findings = invariants::check_in_tx(&mut conn, 10).await.expect(&fault);

        let offenders: Vec<_> = offenders.iter().map(|offender| (*offender).to_owned()).collect();
        assert_eq!(faults(&findings), [(invariant, offenders)], "{fault}");
        conn.batch_execute("ROLLBACK").await.unwrap();
    }
}

#[test]
fn every_invariant_has_a_fault_that_breaks_it() {
    let known: BTreeSet<_> = invariants::ALL.iter().map(|invariant| invariant.name).collect();
    let tried: BTreeSet<_> = cases::all().map(|(invariant, ..)| invariant).collect();
    assert_eq!(tried, known);
    assert_eq!(known.len(), invariants::ALL.len(), "names are unique");
}

#[test]
fn every_invariant_is_explained_to_people() {
    let page = include_str!("../../../docs/check.md");
    for invariant in invariants::ALL {
        assert!(page.contains(&format!("\n| `{}` | ", invariant.name)), "{}", invariant.name);
        assert!(
            invariant.sentence.ends_with('.') && invariant.sentence.len() < 112,
            "{}",
            invariant.sentence
        );
    }
}

#[tokio::test]
async fn all_offenders_are_counted_and_the_first_are_listed() {
    let app = App::start().await;
    let script = app.client().await;
    let products = "INSERT INTO categories (name) VALUES ('Kitchen');
        INSERT INTO products (name, price, stock, category_id) SELECT 'Mug', 100, 1, 1 FROM generate_series(1, 12)";
    script.batch_execute(products).await.unwrap();

    for (most, listed) in [(0, 0), (3, 3), (100, 12)] {
        let findings = check(app.database_url(), most).await;

        let ledger = &findings[0];
        assert_eq!((ledger.checked, ledger.wrong, ledger.offenders.len()), (12, 12, listed));
        let names = ledger.offenders.iter().map(|offender| offender.name.clone());
        assert!(names.eq((1..=listed).map(|id| format!("product {id}"))), "{:?}", ledger.offenders);
    }
}
