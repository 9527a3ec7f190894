//! Enumerations in requests: the number, the number as text, or the name in any case.

use serde_json::Value;
use stockroom_domain::{Choice, DeliveryMethod, OrderStatus, PaymentType, Violation};

use crate::FieldValue;

fn read<T: Choice>(value: &Value) -> Result<T, Violation> {
    let named = value.as_str().and_then(T::named);
    named.or_else(|| T::from_number(i64::read(value).ok()?).ok()).ok_or_else(|| {
        let all: Vec<_> = T::ALL.iter().map(|(_, number, name)| format!("{number} ({name})")).collect();
        Violation::new("enum", format!("Input should be {}", all.join(", ")))
    })
}

macro_rules! choices {
    ($($name:ident),+ $(,)?) => {$(
        impl FieldValue for $name {
            fn read(value: &Value) -> Result<Self, Violation> {
                read(value)
            }
        }
    )+};
}

choices!(DeliveryMethod, OrderStatus, PaymentType);

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_texts_and_names_in_any_case() {
        for value in [json!(3), json!("3"), json!("HOME_DELIVERY"), json!("home_delivery"), json!(3.0)] {
            assert_eq!(DeliveryMethod::read(&value), Ok(DeliveryMethod::HomeDelivery), "{value}");
        }
        for value in [json!(0), json!(4), json!("pigeon"), json!(1.5), json!(true), json!([1])] {
            assert_eq!(DeliveryMethod::read(&value).unwrap_err().kind, "enum", "{value}");
        }
    }
}
