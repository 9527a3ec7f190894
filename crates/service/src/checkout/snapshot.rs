//! What is stored for the idempotency key of a placed order: the order as its answer shows it, but for the number of its bill,
//! which is not known until the series of bills is locked.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use stockroom_domain::{
    Bill, BillId, Choice, ClientId, DeliveryMethod, Money, Order, OrderDetailId, OrderId, OrderStatus,
    PaymentType, PlacedLine, PlacedOrder, ProductId, Quantity, SaleLine, ShippingAddress,
};

/// The stored form of a placed order. Amounts are in minor units.
#[derive(Serialize, Deserialize)]
struct Snapshot {
    order: i64,
    bill: i64,
    client: i64,
    placed_at: DateTime<Utc>,
    subtotal: i64,
    discount: i64,
    total: i64,
    delivery_method: i16,
    payment_type: i16,
    address: Option<(Option<String>, Option<String>, Option<String>)>,
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    id: i64,
    product: i64,
    name: String,
    sku: Option<String>,
    quantity: i64,
    price: i64,
}

/// The stored form of an order.
pub(super) fn encode(placed: &PlacedOrder) -> String {
    let PlacedOrder { order, lines, bill } = placed;
    let line = |PlacedLine { id, sold }: &PlacedLine| Line {
        id: id.0,
        product: sold.product_id.0,
        name: sold.name.clone(),
        sku: sold.sku.clone(),
        quantity: sold.quantity.count(),
        price: sold.price.minor(),
    };
    let address = order.address.clone();
    let snapshot = Snapshot {
        order: order.id.0,
        bill: bill.id.0,
        client: order.client_id.0,
        placed_at: order.date,
        subtotal: order.total.minor(),
        discount: bill.discount.minor(),
        total: bill.total.minor(),
        delivery_method: order.delivery_method.number(),
        payment_type: bill.payment_type.number(),
        address: address.map(|address| (address.street, address.number, address.city)),
        lines: lines.iter().map(line).collect(),
    };
    // Plain data with text keys always has a JSON form.
    serde_json::to_string(&snapshot).unwrap_or_default()
}

/// The order of a stored form and the number of its bill; `None` when it has another form.
pub(super) fn decode(stored: &str, bill_number: &str) -> Option<PlacedOrder> {
    let snapshot: Snapshot = serde_json::from_str(stored).ok()?;
    let (client_id, bill_id) = (ClientId(snapshot.client), BillId(snapshot.bill));
    let address = |(street, number, city)| ShippingAddress { street, number, city };
    let line = |line: Line| {
        let Line { id, product, name, sku, quantity, price } = line;
        let (product_id, price) = (ProductId(product), Money::from_minor(price));
        let sold = SaleLine { product_id, name, sku, quantity: Quantity::new(quantity).ok()?, price };
        Some(PlacedLine { id: OrderDetailId(id), sold })
    };
    Some(PlacedOrder {
        order: Order {
            id: OrderId(snapshot.order),
            date: snapshot.placed_at,
            total: Money::from_minor(snapshot.subtotal),
            delivery_method: DeliveryMethod::from_number(snapshot.delivery_method.into()).ok()?,
            status: OrderStatus::Pending,
            client_id,
            bill_id,
            address: snapshot.address.map(address),
            checked_out: true,
        },
        lines: snapshot.lines.into_iter().map(line).collect::<Option<_>>()?,
        bill: Bill {
            id: bill_id,
            bill_number: bill_number.to_owned(),
            discount: Money::from_minor(snapshot.discount),
            date: snapshot.placed_at.date_naive(),
            total: Money::from_minor(snapshot.total),
            payment_type: PaymentType::from_number(snapshot.payment_type.into()).ok()?,
            client_id,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_the_order_and_not_the_number_of_its_bill() {
        let sold = SaleLine {
            product_id: ProductId(4),
            name: "Enamel \"mug\"".to_owned(),
            sku: Some("MUG".to_owned()),
            quantity: Quantity::new(3).unwrap(),
            price: Money::from_minor(1250),
        };
        let placed = PlacedOrder {
            order: Order {
                id: OrderId(i64::MAX),
                date: DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap(),
                total: Money::from_minor(3750),
                delivery_method: DeliveryMethod::HomeDelivery,
                status: OrderStatus::Pending,
                client_id: ClientId(7),
                bill_id: BillId(2),
                address: ShippingAddress::of(Some("San Martin".to_owned()), None, Some("Salta".to_owned())),
                checked_out: true,
            },
            lines: vec![PlacedLine { id: OrderDetailId(5), sold }],
            bill: Bill {
                id: BillId(2),
                bill_number: String::new(),
                discount: Money::from_minor(50),
                date: DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap().date_naive(),
                total: Money::from_minor(3700),
                payment_type: PaymentType::BankTransfer,
                client_id: ClientId(7),
            },
        };
        let numbered = Bill { bill_number: "B-2026-000001".to_owned(), ..placed.bill.clone() };
        let stored = encode(&placed);
        assert_eq!(decode(&stored, "B-2026-000001"), Some(PlacedOrder { bill: numbered, ..placed }));
        assert_eq!(decode(r#"{"id_key":1,"date":"2026-11-21T05:48:53Z","total":136.0}"#, ""), None);
    }
}
