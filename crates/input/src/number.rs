//! Integers, decimals and truth values as JSON clients write them: as numbers, or as text that holds a number.

use serde_json::Value;
use stockroom_domain::Violation;

use crate::FieldValue;

impl FieldValue for i64 {
    fn read(value: &Value) -> Result<Self, Violation> {
        match value {
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Ok(integer),
                None => from_decimal(&number.to_string()),
            },
            Value::String(text) => {
                let text = text.trim();
                text.parse().or_else(|_| from_decimal(text)).map_err(|violation| match violation.kind {
                    "int_type" => Violation::new(
                        "int_parsing",
                        "Input should be a valid integer, unable to parse string as an integer",
                    ),
                    _ => violation,
                })
            }
            _ => Err(Violation::new("int_type", "Input should be a valid integer")),
        }
    }
}

/// `10.0` is the integer 10; `10.5` is not one; what does not fit into 64 bits is too large.
fn from_decimal(text: &str) -> Result<i64, Violation> {
    let not_a_number = || Violation::new("int_type", "Input should be a valid integer");
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned.is_empty() || !unsigned.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(not_a_number());
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.bytes().all(|digit| digit == b'0')
        && let Ok(integer) = whole.parse()
    {
        return Ok(integer);
    }
    match text.parse::<f64>() {
        Err(_) => Err(not_a_number()),
        Ok(number) if number.fract() != 0.0 => Err(Violation::new(
            "int_from_float",
            "Input should be a valid integer, got a number with a fractional part",
        )),
        Ok(number) if number.abs() < 9.0e18 => Err(not_a_number()),
        Ok(_) => Err(Violation::new("int_parsing_size", "Input should be an integer of at most 64 bits")),
    }
}

impl FieldValue for bool {
    fn read(value: &Value) -> Result<Self, Violation> {
        let text = match value {
            Value::Bool(truth) => return Ok(*truth),
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.to_ascii_lowercase(),
            _ => String::new(),
        };
        match text.as_str() {
            "true" | "1" | "yes" | "on" => Ok(true),
            "false" | "0" | "no" | "off" => Ok(false),
            _ => Err(Violation::new("bool_parsing", "Input should be a valid boolean")),
        }
    }
}

/// Reads a number given as a JSON number or as text, as its decimal digits.
pub(crate) fn decimal_text(value: &Value) -> Result<String, Violation> {
    match value {
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) => Ok(text.trim().to_owned()),
        _ => Err(Violation::new("float_type", "Input should be a valid number")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: &Value, expected: Result<i64, &str>) {
        assert_eq!(i64::read(value).map_err(|violation| violation.kind), expected, "{value}");
    }

    #[test]
    fn integers() {
        check(&json!(7), Ok(7));
        check(&json!(-7), Ok(-7));
        check(&json!("7"), Ok(7));
        check(&json!(" 7 "), Ok(7));
        check(&json!(10.0), Ok(10));
        check(&json!("10.0"), Ok(10));
        check(&json!(10.5), Err("int_from_float"));
        check(&json!("10.5"), Err("int_from_float"));
        check(&json!("abc"), Err("int_parsing"));
        check(&json!(""), Err("int_parsing"));
        check(&json!("inf"), Err("int_parsing"));
        check(&json!("1e2"), Err("int_parsing"));
        check(&json!(true), Err("int_type"));
        check(&json!([1]), Err("int_type"));
        check(&json!(1e300), Err("int_parsing_size"));
        check(&json!(u64::MAX), Err("int_parsing_size"));
        check(&json!("99999999999999999999999"), Err("int_parsing_size"));
    }

    #[test]
    fn truth_values() {
        assert_eq!(bool::read(&json!("TRUE")), Ok(true));
        assert_eq!(bool::read(&json!(0)), Ok(false));
        assert_eq!(bool::read(&json!("maybe")).unwrap_err().kind, "bool_parsing");
    }
}
