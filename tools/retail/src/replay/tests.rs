//! From the lines of a log to the turns that its customers take.

use std::{fmt::Write, time::Duration};

use stockroom_domain::OrderId;

use super::{history::Reader, *};
use crate::log;

const HEADER: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

/// A log of lines `invoice product quantity price customer`.
fn history(lines: &[&str], most: Option<u64>) -> History {
    let mut text = HEADER.to_owned();
    for line in lines {
        let [invoice, product, quantity, price, customer] =
            line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let customer = customer.trim_matches('-');
        writeln!(text, "{invoice},{product},NAME,{quantity},2010-12-01,{price},{customer},UK").unwrap();
    }
    let mut reader = Reader::new(most);
    log::read_text(text.as_bytes(), || (), |_, fields| reader.add(fields)).unwrap();
    reader.finish()
}

/// A plan in a shop where product 1000n costs n.00 and customer n is client 100 + n, for n from 1 to 9.
fn plan(lines: &[&str], most: Option<u64>) -> Plan {
    let id = |text: &str| text.parse::<i64>().ok();
    Plan::new(
        history(lines, most),
        |sku| {
            id(sku.as_str())
                .map(|sku| sku - 10000)
                .filter(|id| (1..10).contains(id))
                .map(|id| (ProductId(id), Money::from_minor(id * 100)))
        },
        |number| id(number).filter(|id| (1..10).contains(id)).map(|id| ClientId(100 + id)),
    )
}

/// The invoices of all turns, taken one after another.
fn turns(schedule: &mut Schedule) -> Vec<String> {
    let mut turns = Vec::new();
    while let Some((customer, event)) = schedule.next_turn() {
        turns.push(format!("{} {}", customer.client, event.invoice));
        schedule.give_back(customer);
    }
    turns
}

fn placed(id: i64, order: Order) -> Placed {
    Placed { id: OrderId(id), order }
}

#[test]
fn lines_become_events_in_the_order_of_the_log() {
    let mut plan = plan(
        &[
            "1 10001 2 1.50 1",
            "2 10002 1 2.50 2",
            "1 10002 3 2.50 1",
            "C3 10001 -2 1.50 1",
            "4 10001 1 1.50 1",
        ],
        None,
    );
    assert_eq!((plan.lines.read, plan.lines.bought, plan.lines.taken_back), (5, 4, 1));
    assert_eq!(plan.events, EventCounts { invoices: 3, cancellations: 1, ..EventCounts::default() });
    let (customer, event) = plan.schedule.next_turn().unwrap();
    let [order] = plan.catalogue.orders(&customer, &event).try_into().unwrap();
    assert_eq!((order.client, order.cost.minor(), order.log_cost.minor()), (ClientId(101), 800, 1050));
    let lines: Vec<_> = order.lines.iter().map(|line| (line.product_id.0, line.quantity.count())).collect();
    assert_eq!(lines, [(1, 2), (2, 3)]);
    plan.schedule.give_back(customer);
    assert_eq!(turns(&mut plan.schedule), ["102 2", "101 C3", "101 4"]);
}

#[test]
fn lines_that_are_not_sent_are_counted() {
    let long = "9".repeat(65);
    let plan = plan(
        &[
            "1 10001 2 1.50 -",
            "2 POST 1 18.00 1",
            "3 10001 0 1.50 1",
            "4 10001 1 0.00 1",
            "C5 10001 2 1.50 1",
            "C6 D -1 5.00 1",
            "7é 10001 1 1.50 1",
            &format!("{long} 10001 1 1.50 1"),
            "8 10001 1 1.50 1",
            "8 10001 1 1.50 2",
            "9 10001 1 1.50 77",
            "C9 10001 -1 1.50 77",
            "10 10001 2000000000 999999.99 2",
        ],
        None,
    );
    let lines = LineCounts {
        read: 13,
        bought: 2,
        taken_back: 1,
        without_customer: 1,
        left_out: 9,
        ..LineCounts::default()
    };
    assert_eq!(plan.lines, lines);
    let events = EventCounts {
        invoices: 3,
        invoices_without_client: 1,
        cancellations: 1,
        cancellations_without_client: 1,
    };
    assert_eq!((plan.events, plan.events.turns()), (events, 2));
}

#[test]
fn beyond_the_limit_only_known_invoices_go_on() {
    let lines = [
        "C1 10001 -1 1 1",
        "2 10001 1 1 1",
        "3 10001 1 1 1",
        "C4 10001 -1 1 1",
        "5 10001 1 1 1",
        "2 10002 1 1 1",
        "C6 10001 -1 1 1",
    ];
    let mut plan = plan(&lines, Some(2));
    assert_eq!((plan.lines.bought, plan.lines.taken_back, plan.lines.beyond_limit), (3, 2, 2));
    assert_eq!(turns(&mut plan.schedule), ["101 C1", "101 2", "101 3", "101 C4"]);
}

#[test]
fn a_customer_is_with_one_caller_at_a_time() {
    let mut plan =
        plan(&["1 10001 1 1 1", "2 10001 1 1 1", "3 10001 1 1 2", "4 10001 1 1 2", "5 10001 1 1 1"], None);
    let schedule = &mut plan.schedule;
    let (one, event) = schedule.next_turn().unwrap();
    assert_eq!(&*event.invoice, "1");
    let (two, event) = schedule.next_turn().unwrap();
    assert_eq!(&*event.invoice, "3");
    assert!(schedule.next_turn().is_none(), "both customers are with a caller");
    schedule.give_back(two);
    schedule.give_back(one);
    assert_eq!(turns(schedule), ["101 2", "102 4", "101 5"]);
}

#[test]
fn an_invoice_longer_than_an_order_is_sent_in_parts() {
    let lines: Vec<_> = (0..150).map(|index| format!("1 1000{} 1 1 1", 1 + index % 9)).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).chain(["1 99999 1 1 1"]).collect();
    let mut plan = plan(&lines, None);
    let (customer, event) = plan.schedule.next_turn().unwrap();
    let orders = plan.catalogue.orders(&customer, &event);
    assert_eq!(orders.iter().map(|order| order.lines.len()).collect::<Vec<_>>(), [100, 50]);
    assert_eq!(plan.catalogue.unknown_lines(&event), 1);
    assert_eq!(orders[1].lines[0].product_id, ProductId(2), "the order of the file");
    assert_eq!(orders.iter().map(|order| order.log_cost.minor()).sum::<i64>(), 15_000);
}

/// The orders, by their number, that cancellations find after invoices that were all placed.
fn matches(lines: &[&str]) -> Vec<Option<i64>> {
    let mut plan = plan(lines, None);
    let mut found = Vec::new();
    while let Some((mut customer, event)) = plan.schedule.next_turn() {
        match event.kind {
            Kind::Invoice => {
                let [order] = plan.catalogue.orders(&customer, &event).try_into().unwrap();
                customer.remember(&event, placed(event.invoice.parse().unwrap(), order));
            }
            Kind::Cancellation => found.push(customer.matching(&event).map(|placed| placed.id.0)),
        }
        plan.schedule.give_back(customer);
    }
    found
}

#[test]
fn a_cancellation_takes_back_exactly_one_order() {
    let invoices = ["1 10001 2 1 1", "1 10002 1 1 1", "2 10003 5 1 1"];
    let with = |cancellation: &[&str]| matches(&[&invoices, cancellation].concat());
    assert_eq!(with(&["C3 10002 -1 1 1", "C3 10001 -2 1 1"]), [Some(1)], "in any order of lines");
    assert_eq!(with(&["C3 10003 -2 1 1", "C3 10003 -3 9 1"]), [Some(2)], "however spread, at any price");
    assert_eq!(with(&["C3 10001 -2 1 1"]), [None], "a part of an order");
    assert_eq!(with(&["C3 10003 -6 1 1"]), [None], "more than was ordered");
    assert_eq!(with(&["C3 10003 -5 1 2"]), [None], "another customer");
    assert_eq!(with(&["C3 10003 -5 1 1", "C4 10003 -5 1 1"]), [Some(2), None], "once");
    assert_eq!(matches(&["C1 10003 -5 1 1", "2 10003 5 1 1"]), [None], "not the future");
}

#[test]
fn of_equal_orders_the_latest_is_taken_back_first() {
    let lines = ["1 10001 1 1 1", "2 10001 1 1 1", "C3 10001 -1 1 1", "4 10001 1 1 1"];
    let lines = [&lines[..], &["C5 10001 -1 1 1", "C6 10001 -1 1 1", "C7 10001 -1 1 1"]].concat();
    assert_eq!(matches(&lines), [Some(2), Some(4), Some(1), None]);
}

fn reply(answer: Answer) -> Reply {
    Reply { answer, took: Duration::from_millis(2), retries: 1 }
}

#[test]
fn answers_are_counted_and_only_whole_invoices_can_be_cancelled() {
    let mut plan = plan(&["1 10001 1 2 1", "2 10001 1 2 1", "C3 10001 -1 2 1", "C4 10001 -1 2 1"], None);
    let mut outcome = Outcome::default();
    let done =
        |id, replayed| reply(Answer::Done { id: OrderId(id), total: Money::from_minor(100), replayed });
    for (whole, id, replayed) in [(true, 7, false), (false, 8, true)] {
        let (mut customer, event) = plan.schedule.next_turn().unwrap();
        let [order] = plan.catalogue.orders(&customer, &event).try_into().unwrap();
        outcome.checked_out(&mut customer, &event, order.clone(), whole, &done(id, replayed));
        let refused = reply(Answer::Refused("not_found".to_owned()));
        outcome.checked_out(&mut customer, &event, order.clone(), true, &refused);
        let strange = reply(Answer::NotUnderstood("500".to_owned()));
        outcome.checked_out(&mut customer, &event, order, true, &strange);
        plan.schedule.give_back(customer);
    }
    let (mut customer, event) = plan.schedule.next_turn().unwrap();
    let found = customer.matching(&event).unwrap();
    assert_eq!(found.id, OrderId(7));
    outcome.cancelled(&found, &done(7, false));
    plan.schedule.give_back(customer);
    let (mut customer, event) = plan.schedule.next_turn().unwrap();
    assert_eq!(customer.matching(&event), None, "neither a part nor what was refused");

    assert_eq!((outcome.checkouts.done, outcome.checkouts.replayed, outcome.cancels.done), (1, 1, 1));
    assert_eq!(outcome.checkouts.refused, [("not_found".to_owned(), 2)].into());
    assert_eq!(outcome.retries, 7);
    assert_eq!(outcome.strange.fault().as_deref(), Some("not understood: 500; 500"));
    let net = outcome.revenue.net();
    assert_eq!((net.answered.minor(), net.counted.minor(), net.log.minor()), (100, 100, 200));
    assert_eq!(outcome.revenue.fault(), None);
}

#[test]
fn the_report_is_a_table() {
    let plan = plan(&["1 10001 1 2 1", "C2 10001 -1 2 77"], None);
    let mut outcome = Outcome { in_parts: 2, without_order: 1, ..Outcome::default() };
    outcome.checkouts.done = 1500;
    outcome.checkouts.replayed = 7;
    outcome.checkouts.refused = [("insufficient_stock_for_order".to_owned(), 3)].into();
    outcome.checkouts.latencies.add(Duration::from_micros(1260));
    let order = Order {
        client: ClientId(1),
        lines: Vec::new(),
        cost: Money::from_minor(123_456),
        log_cost: Money::from_minor(123_556),
    };
    outcome.revenue.sell(OrderId(1), &order, order.cost);
    let took = Duration::from_secs(3);
    let report = Report { lines: plan.lines, events: plan.events, outcome, took };
    let table = "\
Lines read                                   2
  of invoices                                1
  of cancellations                           1
  without a customer                         0
  left out                                   0
Invoices                                     1
  sent in parts                              2
Orders placed                            1,500
  by an earlier attempt                      7
  refused                                    3
    insufficient_stock_for_order             3
Cancellations                                1
  without a matching order                   2
Orders cancelled                             0
  refused                                    0
Attempts repeated                            0
Time                                     3.0 s
Orders per second                        500.0

Latency, ms                p50         p95         p99         max
  checkout                 1.3         1.3         1.3         1.3

Revenue                   answered    counted here      in the log      difference
  sold                    1,234.56        1,234.56        1,235.56           -1.00
  cancelled                   0.00            0.00            0.00            0.00
  net                     1,234.56        1,234.56        1,235.56           -1.00";
    assert_eq!(report.to_string(), table);
}
