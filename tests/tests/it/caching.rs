//! The catalogue's cache, as its users see it: what is shown is what the database holds, whoever changes it and whichever
//! server shows it, and callers who know an answer already are told so.

mod cases;
mod changes;
mod conditions;
mod cut_off;
mod faults;
mod http;
mod refused;
mod scene;
mod servers;
mod signals;
mod stock;

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use stockroom_tests::{Actor, Answer, App};

/// Longer than anything takes on a busy machine, and shorter than anything is cached.
const PATIENCE: Duration = Duration::from_mins(1);

/// Reads this until it is answered from the cache; that answer.
async fn cached(reader: &Actor, path: &str) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = reader.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        if answer.header("x-cache-hit") == "true" {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "{path} is never cached");
    }
}

/// Reads this until it shows what is expected.
async fn until_shown(reader: &Actor, path: &str, expected: impl Fn(&Answer) -> bool) -> Answer {
    let begun = Instant::now();
    loop {
        let answer = reader.get(path).await;
        if expected(&answer) {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "{path} still shows {}: {}", answer.status, answer.text);
    }
}

/// Sends a request that names entity tags.
async fn conditional(actor: &Actor, method: Method, path: &str, (header, tags): (&str, &str)) -> Answer {
    let request = actor.request(method.clone(), path).header(header, tags);
    let request = if method == Method::PUT { request.json(&json!({"name": "Cup"})) } else { request };
    actor.send(request).await
}

/// A product that a test changes to learn how far a server has heard.
struct Probe {
    product: i64,
    changes: u32,
}

impl Probe {
    /// A probe in a service that hears what others change from now on.
    async fn new(app: &App) -> Self {
        let listening = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                         AND application_name LIKE '%signals' AND query LIKE 'LISTEN%' AND state = 'idle'";
        app.until(&format!("SELECT (({listening}) > 0)::int::bigint"), 1).await;
        let mut probe = Self { product: app.actor().product(json!({})).await, changes: 0 };
        // The first one may be shown because everything was dropped when listening began. The second one is not.
        probe.is_heard(app).await;
        probe.is_heard(app).await;
        probe
    }

    /// Returns when the service has heard whatever was changed before this.
    async fn is_heard(&mut self, app: &App) {
        self.changes += 1;
        let (path, name) = (format!("/products/{}", self.product), format!("Probe {}", self.changes));
        let reader = app.actor();
        cached(&reader, &path).await;
        app.execute("UPDATE products SET name = $2 WHERE id = $1", &[&self.product, &name]).await;
        until_shown(&reader, &path, |answer| answer.body["name"] == name.as_str()).await;
    }
}
