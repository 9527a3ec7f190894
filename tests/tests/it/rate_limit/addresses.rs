//! Whose requests are counted together.

use reqwest::Method;
use stockroom_web::{ForwardedHeader, Settings};

use super::{App, calls, limited, remaining};

#[tokio::test]
async fn who_is_no_trusted_proxy_counts_as_itself_whatever_it_says() {
    let app = App::start_with(Settings { trusted_proxies: Vec::new(), ..calls(3) }).await;
    for (address, left) in [("192.0.2.1", 2), ("192.0.2.2", 1), ("127.0.0.1", 0)] {
        assert_eq!(remaining(&app, address).await, Some(left));
    }
    assert_eq!(remaining(&app, "192.0.2.3").await, None);
}

#[tokio::test]
async fn behind_a_proxy_each_client_counts_by_what_the_proxy_has_added() {
    let app = limited(3).await;
    assert_eq!(remaining(&app, "192.0.2.1").await, Some(2));
    assert_eq!(
        remaining(&app, "6.6.6.6, 192.0.2.1:4711").await,
        Some(1),
        "what stands before is not believed"
    );
    assert_eq!(remaining(&app, "192.0.2.1, 127.0.0.7").await, Some(0), "a proxy behind a proxy");
    assert_eq!(remaining(&app, "::ffff:192.0.2.1").await, None, "the same address in another form");
    assert_eq!(remaining(&app, "192.0.2.2").await, Some(2));
}

#[tokio::test]
async fn a_network_of_ipv6_counts_as_one_and_garbage_as_the_proxy() {
    let app = limited(2).await;
    assert_eq!(remaining(&app, "2001:db8::1").await, Some(1));
    assert_eq!(remaining(&app, "[2001:db8::ffff:1]:80").await, Some(0));
    assert_eq!(remaining(&app, "2001:db8:0:1::1").await, Some(1));
    assert_eq!(remaining(&app, "unknown").await, Some(1));
    assert_eq!(remaining(&app, "192.0.2.1, <script>").await, Some(0));
    assert_eq!(remaining(&app, ",,,").await, None);
}

#[tokio::test]
async fn only_the_header_that_the_proxy_sets_is_believed() {
    let app = App::start_with(Settings { forwarded_header: ForwardedHeader::Forwarded, ..calls(2) }).await;
    let caller = app.actor();
    let ask = async |forwarded: &str, other: &str| {
        let request = caller.request(Method::GET, "/nowhere").header("forwarded", forwarded);
        let answer = caller.send(request.header("x-forwarded-for", other)).await;
        (answer.status.as_u16(), answer.header("x-ratelimit-remaining").to_owned())
    };
    let named = "for=6.6.6.6, for=\"[2001:db8::1]:4711\";proto=https";
    assert_eq!(ask(named, "192.0.2.1").await, (404, "1".to_owned()));
    assert_eq!(ask("For=\"[2001:db8::2]\"", "192.0.2.2").await, (404, "0".to_owned()));
    assert_eq!(ask("for=\"[2001:db8::3]:_port\"", "192.0.2.3").await, (429, "0".to_owned()));
    assert_eq!(ask("for=_hidden", "192.0.2.4").await, (404, "1".to_owned()), "as the proxy");
    assert_eq!(ask("for=\"192.0.2.9, for=192.0.2.8", "192.0.2.5").await, (404, "0".to_owned()));
}
