//! The first months of a real log. The project does not contain it: see `docs/replay.md` for where to get it.

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;

use crate::Shop;

const NAME: &str = "data/online-retail-2010-12_2011-06.csv.gz";
/// Enough for the invoices that are sent, and quickly imported.
const LINES: usize = 12_000;

/// Where the log is: `RETAIL_LOG` says so, or it lies in the project's `data`.
fn log() -> PathBuf {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(NAME);
    std::env::var_os("RETAIL_LOG").map_or(usual, PathBuf::from)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_log_adds_up_to_the_cent() {
    let Ok(file) = File::open(log()) else {
        eprintln!("skipped: there is no real log at {NAME}, and RETAIL_LOG does not name one");
        return;
    };
    let text = BufReader::new(MultiGzDecoder::new(BufReader::new(file)));
    let lines: Vec<_> = text.lines().take(LINES).map(Result::unwrap).collect();
    let shop = Shop::with_log(&[]).await;
    fs::write(shop.log(), lines.join("\n")).unwrap();

    let told = shop.replay(&["--limit", "300"]).await;

    assert_eq!((told.good().row("Invoices"), told.row("refused")), ("300".into(), "0".into()));
    assert!(told.was_checked(), "{}", told.report);
    let cents = told.row("sold").replace([',', '.'], "");
    assert_eq!(
        cents.split(' ').next().unwrap().parse(),
        Ok(shop.count("SELECT sum(total)::bigint FROM orders").await)
    );
}
