//! Somebody is erased while they buy, sign in and write, on many connections at once.

use futures_util::future::{BoxFuture, join_all};
use reqwest::Method;
use serde_json::{Value, json};
use stockroom_domain::Role;
use stockroom_tests::{Actor, Answer, App, checkout};

use super::{address_of, dump, registered, tables_with};

/// Whoever waits for each other forever is found after a minute, long after the locks were given up: any deadlock is a
/// failed request here.
const NO_DEADLOCK_IS_SOLVED: &str = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = ''60s''', \
                                     current_database()); END $$";

/// In all that is said of somebody. It is long, so that no digest has it by chance.
const MARK: &str = "Qzmarked";

/// What somebody does all at once.
fn busy<'a>(
    me: &'a Actor,
    person: i64,
    fields: &'a Value,
    order: &'a Value,
    placed: &'a [i64],
    round: usize,
) -> Vec<BoxFuture<'a, Answer>> {
    let mut all: Vec<BoxFuture<'a, Answer>> = Vec::new();
    for number in 0..6 {
        all.push(Box::pin(async move {
            me.post_once(&format!("{MARK}-{round}-{number}"), "/checkout", order).await
        }));
        let login = json!({"email": fields["email"], "password": fields["password"]});
        all.push(Box::pin(async move {
            let login = me.request(Method::POST, "/auth/login").header("user-agent", MARK).json(&login);
            me.send(login).await
        }));
        let address = address_of(person, MARK);
        all.push(Box::pin(async move {
            me.post_once(&format!("{MARK}-a-{round}-{number}"), "/addresses", &address).await
        }));
        all.push(Box::pin(async move {
            me.patch(&format!("/clients/{person}"), &json!({"lastname": format!("{MARK} again {number}")}))
                .await
        }));
        all.push(Box::pin(async move {
            me.post("/auth/password/forgot", &json!({"email": fields["email"]})).await
        }));
    }
    for order in placed {
        all.push(Box::pin(async move { me.post(&format!("/orders/{order}/cancel"), &Value::Null).await }));
    }
    all
}

#[tokio::test]
async fn nothing_personal_survives_an_erasure_among_all_that_somebody_does() {
    let app = App::guarded().await;
    app.execute(NO_DEADLOCK_IS_SOLVED, &[]).await;
    let (_, admin) = app.account(Role::Admin).await;
    let product = admin.product(json!({"stock": 10000})).await;
    let (mut placed_after, mut erased_among) = (0, 0);
    for round in 0..6 {
        let fields = json!({
            "name": MARK, "lastname": format!("{MARK} last"), "email": format!("{MARK}{round}@example.com"),
            "telephone": "+549117733100", "password": format!("{MARK} password"),
        });
        let (person, me, tokens) = registered(&app, &fields).await;
        let home = me.post("/addresses", &address_of(person, MARK)).await.id();
        let mut order = checkout(person, &[(product, 1)]);
        order["address_id"] = json!(home);
        let mut placed = Vec::new();
        for _ in 0..3 {
            placed.push(me.post("/checkout", &order).await.id());
        }
        let review =
            json!({"rating": 5.0, "product_id": product, "comment": format!("{MARK} says something")});
        let refresh = json!({"refresh_token": tokens["refresh_token"]});
        let erase = format!("/clients/{person}/erase");
        let mut all = busy(&me, person, &fields, &order, &placed, round);
        all.push(Box::pin(me.post("/reviews", &review)));
        all.push(Box::pin(me.post("/auth/refresh", &refresh)));
        let at = (round * 7) % all.len();
        all.insert(at, Box::pin(admin.post(&erase, &Value::Null)));

        let answers = join_all(all).await;

        for answer in &answers {
            assert!(answer.status.as_u16() < 500, "{}", answer.text);
        }
        assert_eq!(answers[at].status.as_u16(), 200, "{}", answers[at].text);
        let orders = "SELECT count(*) FROM orders WHERE client_id = $1";
        placed_after += app.integer(orders, &[&person]).await - 3;
        erased_among +=
            answers.iter().filter(|answer| [401, 404, 409].contains(&answer.status.as_u16())).count();
        let dump = dump(&app).await;
        assert_eq!(tables_with(&dump, MARK), Vec::<&str>::new());
        for table in ["sessions", "password_resets", "addresses"] {
            let sql = format!("SELECT count(*) FROM {table} WHERE client_id = $1");
            assert_eq!(app.integer(&sql, &[&person]).await, 0, "{table}");
        }
    }
    // Some were before it, some after it; otherwise nothing was concurrent.
    assert!(placed_after > 0 && erased_among > 0, "{placed_after} {erased_among}");
    app.assert_books_balance().await;
}

#[tokio::test]
async fn one_of_many_erasures_of_somebody_is_the_first() {
    let app = App::guarded().await;
    app.execute(NO_DEADLOCK_IS_SOLVED, &[]).await;
    let (_, admin) = app.account(Role::Admin).await;
    let (id, ana) = app.account(Role::Client).await;
    let path = format!("/clients/{id}/erase");
    let by_herself = ana.post(&path, &Value::Null);
    let nothing = Value::Null;
    let by_staff = join_all((0..5).map(|_| admin.post(&path, &nothing)));
    let (by_herself, mut answers) = tokio::join!(by_herself, by_staff);
    answers.push(by_herself);
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 401, 409].contains(status)), "{statuses:?}");
    let entries = "SELECT count(*) FROM audit_log WHERE action = 'erase' AND client_id = $1";
    assert_eq!(app.integer(entries, &[&id]).await, 1);
}
