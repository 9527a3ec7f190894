//! A Redis server that is stopped, frozen or emptied while requests run: the server that changes something shows it at once,
//! and nobody is told of a fault.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use serde_json::json;
use stockroom_tests::{App, RedisServer};

use super::{cached, until_shown};

/// What happens to Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Stopped,
    Paused,
    Emptied,
}

impl Fault {
    async fn begin(self, redis: &RedisServer) {
        match self {
            Self::Stopped => redis.stop(),
            Self::Paused => redis.pause(),
            Self::Emptied => redis.run("FLUSHALL").await,
        }
    }

    fn end(self, redis: &RedisServer) {
        match self {
            Self::Stopped => redis.start_again(),
            Self::Paused => redis.resume(),
            Self::Emptied => {}
        }
    }
}

/// Changes a product again and again, and reads it and a list after each change.
async fn work(app: &App, product: i64, rounds: u32) {
    let shop = app.actor();
    let path = format!("/products/{product}");
    for round in 0..rounds {
        let name = format!("Round {round} of {product}");
        shop.put(&path, &json!({"name": name})).await.expect(200);
        for _ in 0..2 {
            assert_eq!(shop.get(&path).await.expect(200)["name"], name.as_str());
        }
        let list = shop.get("/products?limit=1000").await.expect(200);
        let listed = list.as_array().expect("a list").iter().find(|row| row["id_key"] == product);
        assert_eq!(listed.expect("it is listed")["name"], name.as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_redis_a_server_shows_what_it_has_changed() {
    for fault in [Fault::Stopped, Fault::Paused, Fault::Emptied] {
        let redis = RedisServer::start();
        let app = App::start_with_redis(&redis.url()).await;
        let products = [app.actor().product(json!({})).await, app.actor().product(json!({})).await];
        work(&app, products[0], 3).await;

        // It happens while requests run, and they go on while it lasts and after it.
        let during = join_all(products.map(|product| work(&app, product, 15)));
        let (_, ()) = tokio::join!(during, fault.begin(&redis));
        work(&app, products[0], 5).await;
        let after = join_all(products.map(|product| work(&app, product, 15)));
        let (_, ()) = tokio::join!(after, async { fault.end(&redis) });
        work(&app, products[1], 5).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_to_redis_the_other_server_follows() {
    for fault in [Fault::Stopped, Fault::Paused, Fault::Emptied] {
        let redis = RedisServer::start();
        let app = App::start_with_redis(&redis.url()).await;
        let other = app.beside(Some(&redis.url()));
        let (shop, reader) = (app.actor(), other.actor());
        let path = format!("/products/{}", shop.product(json!({})).await);
        let done = AtomicBool::new(false);
        let watch = async {
            while !done.load(Ordering::SeqCst) {
                reader.get(&path).await.expect(200);
                reader.get("/products").await.expect(200);
            }
        };
        let change = async {
            cached(&reader, &path).await;
            for (name, begins) in [("During", true), ("After", false)] {
                if begins {
                    fault.begin(&redis).await;
                } else {
                    fault.end(&redis);
                }
                shop.put(&path, &json!({"name": name})).await.expect(200);
                assert_eq!(shop.get(&path).await.expect(200)["name"], name);
                until_shown(&reader, &path, |answer| answer.body["name"] == name).await;
            }
            done.store(true, Ordering::SeqCst);
        };
        tokio::join!(watch, change);
    }
}
