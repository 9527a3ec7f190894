//! A service that wants to know who asks: an API key lets the log be sold, and without one nothing is.

use stockroom_domain::{CallsPerMinute, KeyName, Permission, Permissions, Scopes};
use stockroom_service::{NewKey, make_api_key};
use stockroom_tests::App;

use crate::{Shop, lines};

async fn shop() -> Shop {
    let log = lines(["1,85123A,6,2.55,17850", "2,85123A,4,2.55,13047", "C3,85123A,-6,2.55,17850"]);
    Shop::of(App::guarded().await, &log)
}

async fn key(shop: &Shop, permission: Permission) -> String {
    let new = NewKey {
        name: KeyName::parse("Replay").unwrap(),
        scopes: Scopes(Permissions::of(&[permission])),
        expires_at: None,
        calls_per_minute: Some(CallsPerMinute(1_000_000)),
    };
    make_api_key(&shop.app.pool(), &new, "test").await.unwrap().secret
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_lets_a_log_be_sold() {
    let shop = shop().await;
    let key = key(&shop, Permission::OrdersWrite).await;

    let told = shop.replay(&["--run", "a", "--api-key", &key]).await;

    assert_eq!((told.good().row("Orders placed"), told.row("Orders cancelled")), ("2".into(), "1".into()));
    let told = shop.replay_with(Some(&key), shop.app.base(), &["--run", "a"]).await;
    assert_eq!(told.good().row("by an earlier attempt"), "2", "the variable is the same key");
    assert!(!told.errors.contains(&key) && !told.report.contains(&key));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_that_permits_it_nothing_is_sold_and_the_way_out_is_told() {
    let shop = shop().await;
    let weak = key(&shop, Permission::OrdersRead).await;

    for (key, status) in [(None, "401"), (Some(weak.as_str()), "403"), (Some("sk_live_nonsense"), "401")] {
        let told = shop.replay_with(key, shop.app.base(), &["--run", "a"]).await;
        let fault = told.fault();
        assert!(fault.starts_with(&format!("stockroom: run a: the service answers {status} (")), "{fault}");
        assert!(fault.ends_with("by --api-key or the variable STOCKROOM_API_KEY"), "{fault}");
    }
    let told = shop.replay(&["--api-key", "a\nb"]).await;
    assert_eq!((told.code, told.report.as_str()), (2, ""), "{}", told.errors);
    assert_eq!(shop.orders().await, 0);
}
