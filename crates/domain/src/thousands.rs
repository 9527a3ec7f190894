//! Numbers as people read them in tables.

use crate::Money;

/// A number with a comma between each three digits.
pub fn format_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An amount with two decimals and a comma between each three digits before them.
pub fn format_money(money: Money) -> String {
    let minor = money.minor();
    let sign = if minor < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", format_thousands(minor.unsigned_abs() / 100), minor.unsigned_abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_format_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (245_903, "245,903")] {
            assert_eq!(format_thousands(number), text);
        }
    }

    #[test]
    fn amounts_have_two_decimals() {
        for (minor, text) in
            [(0, "0.00"), (392_960_760, "3,929,607.60"), (-5, "-0.05"), (-100_000, "-1,000.00")]
        {
            assert_eq!(format_money(Money::from_minor(minor)), text);
        }
    }
}
