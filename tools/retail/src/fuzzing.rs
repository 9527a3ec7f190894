//! What must be true of whatever file is given as a retail log. Fuzzers give it bytes of any kind (`fuzz/`), and the test here what
//! fuzzers began with. No part of the crate as it is used.

use std::io::Cursor;

use csv::Writer;

use crate::log::{COLUMNS, LogError, Row, Skip, read_text, unpacked};

/// Retail logs, plain or compressed, with a first line of their own or the usual one: lines are given in their order, and a
/// line that is understood is understood alike once it is written again.
///
/// # Panics
/// When that is not so.
pub fn retail_log(data: &[u8]) {
    if let Ok(text) = unpacked(Cursor::new(data.to_vec())) {
        read(text);
    }
    let header = COLUMNS.join(",") + "\n";
    read(Cursor::new([header.as_bytes(), data].concat()));
}

fn read(text: impl std::io::Read) {
    let mut last = 1;
    let end = read_text(
        text,
        || (),
        |line, fields| {
            // A carriage return alone ends a record, and no line.
            assert!(line >= last, "line {line} comes after line {last}");
            last = line;
            match fields {
                Ok(fields) => {
                    assert!(!fields.is_cancellation() || fields.sale() == Err(Skip::Cancellation));
                    for (invoice, sign, row) in [("1", "", fields.sale()), ("C1", "-", fields.taken_back())] {
                        if let Ok(row) = row {
                            read_again(invoice, sign, &row);
                        }
                    }
                }
                Err(skip) => assert!(matches!(skip, Skip::Malformed(_)), "{skip:?}"),
            }
        },
    );
    assert!(!matches!(end, Err(LogError::Open { .. } | LogError::Interrupted(_))), "{end:?}");
}

fn read_again(invoice: &str, sign: &str, row: &Row) {
    assert!(row.quantity.count() > 0 && row.price.money().minor() > 0);
    let quantity = format!("{sign}{}", row.quantity.count());
    let price = row.price.money().to_string();
    let name = row.name.as_ref().map_or("", |name| name.as_str());
    let customer = row.customer.as_ref().map_or("", |customer| customer.as_str());
    let mut writer = Writer::from_writer(Vec::new());
    let line = [invoice, row.sku.as_str(), name, &quantity, &price, customer];
    let written = writer.write_record(COLUMNS).and_then(|()| writer.write_record(line));
    assert!(written.is_ok(), "{written:?}");
    let text = writer.into_inner().unwrap_or_default();
    let mut again = Vec::new();
    let end = read_text(
        text.as_slice(),
        || (),
        |_, fields| {
            let read = |fields: crate::log::Fields<'_>| {
                if sign.is_empty() { fields.sale() } else { fields.taken_back() }
            };
            again.push(fields.and_then(read));
        },
    );
    assert!(end.is_ok(), "{end:?}");
    assert_eq!(again, [Ok(row.clone())]);
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn seeds_of_retail_logs_are_sane_whole_and_cut_off() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/retail_log");
        let seeds: Vec<_> = fs::read_dir(seeds).unwrap().map(|seed| seed.unwrap().path()).collect();
        assert!(seeds.len() > 2, "few seeds");
        for seed in seeds {
            let seed = fs::read(seed).unwrap();
            (0..=seed.len()).for_each(|length| retail_log(&seed[..length]));
        }
    }
}
