//! Numbers of documents: whatever fails on the way, bills and credit notes are numbered from 1 without a gap.

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use stockroom_tests::{Actor, Answer, App, Dice, Seed, checkout};

use super::{count, deadlocks, expect_only, several_lanes};

/// Faults of the database, for those who have one of the marked names.
const FAULTS: &str = "\
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
        IF (SELECT name FROM clients WHERE id = NEW.client_id) = TG_ARGV[0] THEN RAISE EXCEPTION 'fault'; END IF; \
        RETURN NEW; \
    END $$; \
    CREATE TRIGGER fault BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION fail('Unbilled'); \
    CREATE TRIGGER fault BEFORE INSERT ON credit_notes FOR EACH ROW EXECUTE FUNCTION fail('Uncredited');";

struct Stage {
    shop: Actor,
    clients: Vec<i64>,
    /// Their orders fail when the numbers of their bills are taken already.
    unbilled: Vec<i64>,
    /// Their cancellations fail when the number of their credit note is taken already.
    uncredited: i64,
    plenty: i64,
    scarce: i64,
}

impl Stage {
    async fn set(app: &App) -> Self {
        app.client().await.batch_execute(FAULTS).await.unwrap();
        let shop = app.actor();
        let named = |name: &'static str| {
            let shop = &shop;
            async move { shop.client(json!({"name": name})).await }
        };
        let (mut clients, mut unbilled) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            clients.push(named("Ana").await);
            unbilled.push(named("Unbilled").await);
        }
        let uncredited = named("Uncredited").await;
        let plenty = shop.product(json!({"stock": 100_000})).await;
        let scarce = shop.product(json!({"stock": 20})).await;
        Self { shop, clients, unbilled, uncredited, plenty, scarce }
    }

    /// An order, with what may become of it.
    fn order(&self, dice: &mut Dice) -> (Value, &'static [u16]) {
        let mut order = checkout(dice.pick(&self.clients), &[(self.plenty, dice.pieces(3))]);
        let allowed: &[u16] = match dice.roll(24) {
            0 | 1 => {
                add_line(&mut order, self.scarce, dice.pieces(40));
                &[201, 409]
            }
            2 => {
                order["expected_total"] = json!(1);
                &[409]
            }
            3 => {
                add_line(&mut order, 999_999, 1);
                &[404]
            }
            4 => {
                order["client_id"] = json!(999_999);
                &[404]
            }
            5 => {
                order["discount"] = json!(1000);
                &[400]
            }
            6 => {
                order["client_id"] = json!(dice.pick(&self.unbilled));
                &[500]
            }
            7 | 8 => {
                order["client_id"] = json!(self.uncredited);
                &[201]
            }
            _ => &[201],
        };
        (order, allowed)
    }

    /// Sends an order and, now and then, cancels it at once. One that is left out is told as `None`.
    async fn act(&self, mut dice: Dice) -> (Answer, Option<Answer>) {
        let (mut order, mut allowed) = self.order(&mut dice);
        let mut deletion = None;
        if dice.roll(24) == 0 && allowed == [201] {
            // Somebody who is deleted while the order is on its way.
            let client = self.shop.client(json!({})).await;
            order["client_id"] = json!(client);
            allowed = &[201, 404];
            deletion = Some(format!("/clients/{client}"));
        }
        let (placed, deleted) = tokio::join!(self.shop.post("/checkout", &order), async {
            match deletion {
                Some(path) => Some(self.shop.delete(&path).await),
                None => None,
            }
        });
        expect_only(std::slice::from_ref(&placed), allowed);
        if let Some(deleted) = deleted {
            assert_eq!(deleted.status.as_u16(), if placed.status == 201 { 409 } else { 204 });
        }
        if placed.status != 201 || dice.roll(3) > 0 {
            return (placed, None);
        }
        let canceled = self.shop.post(&format!("/orders/{}/cancel", placed.id()), &json!({})).await;
        let fails = order["client_id"] == self.uncredited;
        expect_only(std::slice::from_ref(&canceled), if fails { &[500] } else { &[200] });
        (placed, Some(canceled))
    }
}

fn add_line(order: &mut Value, product: i64, quantity: i64) {
    order["lines"].as_array_mut().unwrap().push(json!({"product_id": product, "quantity": quantity}));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_thousand_orders_of_which_many_fail_the_documents_have_no_gap() {
    let seed = Seed::of_this_run();
    let app = several_lanes().await;
    let stage = Stage::set(&app).await;

    let orders = stream::iter(0..1000).map(|order| stage.act(seed.dice(order)));
    let (placed, canceled): (Vec<_>, Vec<_>) = orders.buffer_unordered(150).unzip().await;

    let canceled: Vec<_> = canceled.into_iter().flatten().collect();
    let bills = count(&placed, 201);
    assert!((600..800).contains(&bills), "{bills} of 1000 orders were placed");
    for status in [400, 404, 409, 500] {
        assert!(count(&placed, status) > 10, "few or no orders were answered with {status}");
    }
    let credit_notes = count(&canceled, 200);
    assert!(count(&canceled, 500) > 5 && credit_notes > 100, "{credit_notes} orders were cancelled");
    assert_eq!(app.documents("B").await, i64::try_from(bills).unwrap());
    assert_eq!(app.documents("C").await, i64::try_from(credit_notes).unwrap());
    app.assert_books_balance().await;
    assert_eq!(deadlocks(&app).await, 0, "locks are taken in one order");
}
