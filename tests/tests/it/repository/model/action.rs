//! What can be done to a shop, in the words of the model: things are named by the order of their creation, and one that
//! was never created, or is gone, is named as well.

use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{select, subsequence},
};
use stockroom_domain::{Choice, OrderStatus};

use super::books::Books;

#[derive(Debug, Clone)]
pub(super) enum Action {
    AddProduct {
        price: i64,
        stock: i64,
    },
    AdjustStock {
        product: usize,
        delta: i64,
    },
    ChangeProduct {
        product: usize,
        stock: Option<i64>,
        price: Option<i64>,
        active: Option<bool>,
    },
    DeleteProduct {
        product: usize,
    },
    AddOrder {
        client: usize,
        status: OrderStatus,
        total: i64,
    },
    ChangeOrder {
        order: usize,
        status: Option<OrderStatus>,
        total: Option<i64>,
    },
    DeleteOrder {
        order: usize,
    },
    AddLine {
        order: usize,
        product: usize,
        quantity: i64,
    },
    ReplaceLine {
        line: usize,
        order: usize,
        product: usize,
        quantity: i64,
    },
    DeleteLine {
        line: usize,
    },
    CheckOut {
        group: Vec<Purchase>,
    },
    /// Done, and then its transaction fails.
    Undone(Box<Action>),
}

/// A member of a group of orders.
#[derive(Debug, Clone)]
pub(super) struct Purchase {
    pub(super) key: usize,
    /// What stands for the body of its request.
    pub(super) fingerprint: u8,
    pub(super) client: usize,
    pub(super) address: Option<usize>,
    /// Product and quantity.
    pub(super) lines: Vec<(usize, i64)>,
    pub(super) discount: i64,
    pub(super) expected: Option<i64>,
}

/// Keys that checkouts share.
const KEYS: usize = 12;
/// The client, and the address, after the last that there is.
const NOBODY: usize = 2;

/// Actions on what there is and, now and then, on what is not.
pub(super) fn actions(books: &Books) -> BoxedStrategy<Action> {
    let add_product = (price(), 0..16_i64).prop_map(|(price, stock)| Action::AddProduct { price, stock });
    if books.products.len() < 3 {
        return add_product.boxed();
    }
    let product = one_of(&books.products, |_| true);
    let order = one_of(&books.orders, |_| true);
    let open_order = one_of(&books.orders, |order| order.open().is_ok());
    let line = one_of(&books.lines, |_| true);
    let free_line = one_of(&books.lines, |line| {
        books.orders[line.order].as_ref().is_some_and(|order| order.bill.number.is_none())
    });
    let change_product =
        (product.clone(), option::of(0..16_i64), option::of(price()), option::weighted(0.2, any::<bool>()))
            .prop_map(|(product, stock, price, active)| Action::ChangeProduct {
                product,
                stock,
                price,
                active,
            });
    let add_order = (client(), prop_oneof![5 => Just(OrderStatus::Pending), 1 => status()], 0..900_i64)
        .prop_map(|(client, status, total)| Action::AddOrder { client, status, total });
    let change_order = (order.clone(), option::weighted(0.8, status()), option::weighted(0.2, 0..900_i64))
        .prop_map(|(order, status, total)| Action::ChangeOrder { order, status, total });
    let add_line = (prop_oneof![6 => open_order.clone(), 1 => order.clone()], product.clone(), pieces())
        .prop_map(|(order, product, quantity)| Action::AddLine { order, product, quantity });
    let some_line = prop_oneof![6 => free_line, 1 => line];
    let replace_line = (some_line.clone(), open_order, product.clone(), pieces())
        .prop_map(|(line, order, product, quantity)| Action::ReplaceLine { line, order, product, quantity });
    let group = group(&product).prop_map(|group| Action::CheckOut { group });
    let one = prop_oneof![
        1 => add_product,
        1 => (product.clone(), -6..9_i64).prop_map(|(product, delta)| Action::AdjustStock { product, delta }),
        2 => change_product,
        1 => product.prop_map(|product| Action::DeleteProduct { product }),
        2 => add_order,
        4 => change_order,
        1 => order.prop_map(|order| Action::DeleteOrder { order }),
        5 => add_line,
        4 => replace_line,
        2 => some_line.prop_map(|line| Action::DeleteLine { line }),
        6 => group,
    ];
    let undone = one.clone().prop_map(|action| Action::Undone(Box::new(action)));
    prop_oneof![9 => one, 1 => undone].boxed()
}

/// One of those that are there and fit, or, now and then, one that is gone or was never there.
fn one_of<T>(all: &[Option<T>], fits: impl Fn(&T) -> bool) -> BoxedStrategy<usize> {
    let any = 0..=all.len();
    let there = all.iter().zip(0..).filter(|(thing, _)| thing.as_ref().is_some_and(&fits));
    match there.map(|(_, index)| index).collect::<Vec<usize>>() {
        none if none.is_empty() => any.boxed(),
        there => prop_oneof![20 => select(there), 1 => any].boxed(),
    }
}

fn price() -> impl Strategy<Value = i64> {
    // Few, so that totals meet.
    select(vec![100, 150, 200])
}

fn status() -> impl Strategy<Value = OrderStatus> + Clone {
    select(OrderStatus::ALL).prop_map(|(status, ..)| status)
}

fn pieces() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![5 => 1..4_i64, 1 => 1..20_i64]
}

fn client() -> impl Strategy<Value = usize> {
    prop_oneof![20 => 0..NOBODY, 1 => Just(NOBODY)]
}

/// Purchases with different keys.
fn group(product: &BoxedStrategy<usize>) -> impl Strategy<Value = Vec<Purchase>> + use<> {
    let keys = subsequence((0..KEYS).collect::<Vec<_>>(), 1..=3);
    (keys, vec(purchase(product), 3)).prop_map(|(keys, purchases)| {
        purchases.into_iter().zip(keys).map(|(purchase, key)| Purchase { key, ..purchase }).collect()
    })
}

fn purchase(product: &BoxedStrategy<usize>) -> impl Strategy<Value = Purchase> + use<> {
    let discount = prop_oneof![3 => Just(0), 1 => 0..400_i64];
    let expected = option::weighted(0.2, (1..8_i64).prop_map(|halves| halves * 50));
    let address = prop_oneof![6 => Just(None), 3 => Just(Some(true)), 1 => Just(Some(false))];
    (0..2_u8, client(), address, vec((product.clone(), pieces()), 1..4), discount, expected).prop_map(
        |(fingerprint, client, own_address, lines, discount, expected)| {
            let address = own_address.map(|own| if own { client } else { (client + 1) % (NOBODY + 1) });
            Purchase { key: 0, fingerprint, client, address, lines, discount, expected }
        },
    )
}
