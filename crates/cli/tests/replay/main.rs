//! `stockroom replay`: the log of another shop as traffic against a running service, and what is told about it.

#![expect(clippy::unwrap_used, reason = "a broken expectation must fail the test")]

mod faults;
mod guarded;
mod network;
mod real_log;
mod traffic;

use std::{fmt::Write, fs, process::Command};

use stockroom_retail::import;
use stockroom_tests::App;
use tempfile::TempDir;

const HEADER: &str = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

/// A running service and a log.
struct Shop {
    app: App,
    directory: TempDir,
}

/// What the program told.
struct Told {
    code: i32,
    report: String,
    errors: String,
}

impl Shop {
    /// A service without rows, and a log of lines `invoice,product,quantity,price,customer`.
    async fn with_log(lines: &[String]) -> Self {
        Self::of(App::start().await, lines)
    }

    /// The same, of this service.
    fn of(app: App, lines: &[String]) -> Self {
        let shop = Self { app, directory: tempfile::tempdir().unwrap() };
        let mut text = HEADER.to_owned();
        for line in lines {
            let fields: Vec<_> = line.split(',').collect();
            let [invoice, product, quantity, price, customer] = fields.try_into().unwrap();
            writeln!(text, "{invoice},{product},P {product},{quantity},2010-12-01,{price},{customer},UK")
                .unwrap();
        }
        fs::write(shop.log(), text).unwrap();
        shop
    }

    fn log(&self) -> String {
        self.directory.path().join("log.csv").to_str().unwrap().to_owned()
    }

    async fn import(&self) {
        import::import(&self.app.pool(), self.log().as_ref(), |_| ()).await.unwrap();
    }

    /// Replays the log against the service.
    async fn replay(&self, options: &[&str]) -> Told {
        self.replay_at(self.app.base(), options).await
    }

    /// Replays the log against this address.
    async fn replay_at(&self, url: &str, options: &[&str]) -> Told {
        self.replay_with(None, url, options).await
    }

    /// Replays the log with this key in the environment.
    async fn replay_with(&self, key: Option<&str>, url: &str, options: &[&str]) -> Told {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stockroom"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STOCKROOM")) {
            command.env_remove(name);
        }
        command.env("DATABASE_URL", self.app.database_url()).current_dir(self.directory.path());
        command.envs(key.map(|key| ("STOCKROOM_API_KEY", key)));
        command.args(["replay", &self.log(), "--url", url]).args(options);
        let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Told { code: output.status.code().unwrap(), report: text(output.stdout), errors: text(output.stderr) }
    }

    async fn count(&self, sql: &str) -> i64 {
        self.app.integer(sql, &[]).await
    }

    async fn orders(&self) -> i64 {
        self.count("SELECT count(*) FROM orders").await
    }
}

impl Told {
    /// Fails unless the program ended well.
    #[track_caller]
    fn good(&self) -> &Self {
        assert_eq!(self.code, 0, "{}\n{}", self.report, self.errors);
        self
    }

    /// The last line on standard error, where it ended with 1.
    #[track_caller]
    fn fault(&self) -> &str {
        assert_eq!(self.code, 1, "{}\n{}", self.report, self.errors);
        self.errors.lines().last().unwrap()
    }

    /// What the report says under a label, with single blanks; of several rows with the label, the first.
    #[track_caller]
    fn row(&self, label: &str) -> String {
        let row = self.report.lines().find_map(|line| {
            let rest = line.trim_start().strip_prefix(label)?;
            rest.starts_with("  ").then(|| rest.split_whitespace().collect::<Vec<_>>().join(" "))
        });
        row.unwrap_or_else(|| panic!("no {label} in\n{}", self.report))
    }

    /// Whether the check at the end was made.
    fn was_checked(&self) -> bool {
        self.report.contains("\nInvariant ")
    }
}

/// The lines of a log, one for each text.
fn lines<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).to_vec()
}
