//! What an import did, as numbers and as a table for people.

use std::fmt;

use stockroom_domain::format_thousands;
use stockroom_repository::imports::{ClientCounts, ProductCounts};

use super::Skipped;

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Lines read, without the one that names the columns.
    pub rows: u64,
    /// Lines used that belong to no client.
    pub rows_without_customer: u64,
    /// Lines left out.
    pub skipped: Skipped,
    /// What became of the products and their categories.
    pub products: ProductCounts,
    /// Products left out, because no line has a name for them.
    pub products_without_name: u64,
    /// What became of the clients.
    pub clients: ClientCounts,
}

impl Summary {
    /// Lines that products and clients were made of.
    pub fn rows_used(&self) -> u64 {
        self.rows.saturating_sub(self.skipped.total())
    }

    fn table(&self) -> [(&'static str, u64); 17] {
        let Self { skipped, products, clients, .. } = self;
        [
            ("Lines read", self.rows),
            ("  used", self.rows_used()),
            ("    of these, without a customer", self.rows_without_customer),
            ("  skipped", skipped.total()),
            ("    cancellations", skipped.cancellations),
            ("    not a product", skipped.not_products),
            ("    no quantity sold", skipped.without_quantity),
            ("    no price", skipped.without_price),
            ("    malformed", skipped.malformed),
            ("Categories created", products.categories as u64),
            ("Products created", products.inserted as u64),
            ("  updated", products.updated as u64),
            ("  unchanged", products.unchanged as u64),
            ("  skipped: no name", self.products_without_name),
            ("Clients created", clients.inserted as u64),
            ("  unchanged", clients.unchanged as u64),
            ("  skipped: e-mail address taken", clients.email_taken as u64),
        ]
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (label, count)) in self.table().into_iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{label:<34}{:>12}", format_thousands(count))?;
        }
        for malformed in &self.skipped.first_malformed {
            write!(f, "\nmalformed: line {}: {}", malformed.line, malformed.problem)?;
        }
        let named = self.skipped.first_malformed.len() as u64;
        match self.skipped.malformed.saturating_sub(named) {
            0 => Ok(()),
            more => write!(f, "\nmalformed: {} more", format_thousands(more)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::MalformedLine;

    #[test]
    fn the_table_names_the_first_malformed_lines() {
        let summary = Summary {
            rows: 1500,
            skipped: Skipped {
                malformed: 2,
                first_malformed: vec![MalformedLine { line: 7, problem: "2 fields instead of 8".to_owned() }],
                ..Skipped::default()
            },
            ..Summary::default()
        };
        let table = summary.to_string();
        assert!(table.starts_with("Lines read                               1,500\n"), "{table}");
        assert!(table.ends_with("\nmalformed: line 7: 2 fields instead of 8\nmalformed: 1 more"), "{table}");
    }
}
