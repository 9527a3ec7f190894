//! The hosts of a URL, and the time that each of them has to answer.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use diesel::{ConnectionError, ConnectionResult};
use tokio::time::{Instant, timeout};
use tokio_postgres::{
    Config,
    config::{Host, LoadBalanceHosts},
};

/// Tries the hosts of a URL until one lets us in and answers. Each has its share of the time that is left: one that hangs, at
/// whichever step and at however many addresses, leaves the next ones theirs. The last one tells why there is none.
pub(super) async fn first_to_answer<T, F: Future<Output = ConnectionResult<T>>>(
    config: &Config,
    time: Duration,
    attempt: impl Fn(Config) -> F,
) -> ConnectionResult<T> {
    let end = Instant::now() + time;
    let mut hosts = one_by_one(config);
    loop {
        let left = u32::try_from(hosts.len()).unwrap_or(u32::MAX).max(1);
        let share = end.saturating_duration_since(Instant::now()) / left;
        let mut host = hosts.pop_front().unwrap_or_else(|| config.clone());
        // The driver's own bound is for every address, and for the handshake of TCP alone.
        host.connect_timeout(share);
        let reached = timeout(share, attempt(host)).await.unwrap_or_else(|_| {
            Err(ConnectionError::BadConnection(format!("no answer within {} ms", share.as_millis())))
        });
        if reached.is_ok() || hosts.is_empty() {
            return reached;
        }
    }
}

/// A configuration for each host, in the order in which they are tried. One that the driver refuses is left as it is.
pub(super) fn one_by_one(config: &Config) -> VecDeque<Config> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = hosts.len().max(addresses.len());
    let fits = |length: usize| length == 0 || length == count;
    if count < 2 || !fits(hosts.len()) || !fits(addresses.len()) || !(fits(ports.len()) || ports.len() == 1) {
        return VecDeque::from([config.clone()]);
    }
    let mut order: Vec<usize> = (0..count).collect();
    if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        let chance = RandomState::new();
        order.sort_by_cached_key(|index| chance.hash_one(index));
    }
    let alone = |index: usize| {
        let mut alone = without_hosts(config);
        match hosts.get(index) {
            Some(Host::Tcp(host)) => drop(alone.host(host)),
            Some(Host::Unix(path)) => drop(alone.host_path(path)),
            None => {}
        }
        if let Some(address) = addresses.get(index) {
            alone.hostaddr(*address);
        }
        if let Some(port) = ports.get(index).or_else(|| ports.first()) {
            alone.port(*port);
        }
        alone
    };
    order.into_iter().map(alone).collect()
}

/// All of a configuration but its hosts, their addresses and ports: the driver can only add to these.
fn without_hosts(config: &Config) -> Config {
    let mut copy = Config::new();
    copy.ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .target_session_attrs(config.get_target_session_attrs())
        .channel_binding(config.get_channel_binding())
        .load_balance_hosts(config.get_load_balance_hosts());
    config.get_user().map(|user| copy.user(user));
    config.get_password().map(|password| copy.password(password));
    config.get_dbname().map(|name| copy.dbname(name));
    config.get_options().map(|options| copy.options(options));
    config.get_application_name().map(|name| copy.application_name(name));
    config.get_connect_timeout().map(|time| copy.connect_timeout(*time));
    config.get_tcp_user_timeout().map(|time| copy.tcp_user_timeout(*time));
    config.get_keepalives_interval().map(|interval| copy.keepalives_interval(interval));
    config.get_keepalives_retries().map(|retries| copy.keepalives_retries(retries));
    copy
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    fn parsed(url: &str) -> Config {
        url.parse().expect("a URL")
    }

    fn hosts(url: &str) -> Vec<Config> {
        one_by_one(&parsed(url)).into()
    }

    #[test]
    fn hosts_are_tried_one_by_one_with_all_that_a_url_says() {
        let rest = "user=shop password=secret dbname=shop options='-c jit=off' application_name=it \
                    sslmode=disable connect_timeout=3 tcp_user_timeout=4 keepalives=0 keepalives_idle=5 \
                    keepalives_interval=6 keepalives_retries=7 target_session_attrs=read-write \
                    channel_binding=require";
        for (several, each) in [
            ("host=a", &["host=a"][..]),
            ("host=a,b", &["host=a", "host=b"]),
            ("host=a,b port=1", &["host=a port=1", "host=b port=1"]),
            ("host=a,/run,c port=1,2,3", &["host=a port=1", "host=/run port=2", "host=c port=3"]),
            ("hostaddr=::1,127.0.0.1", &["hostaddr=::1", "hostaddr=127.0.0.1"]),
            (
                "host=a,b hostaddr=127.0.0.1,127.0.0.2 port=1,2",
                &["host=a hostaddr=127.0.0.1 port=1", "host=b hostaddr=127.0.0.2 port=2"],
            ),
            // The driver says what is wrong with these.
            ("host=a,b port=1,2,3", &["host=a,b port=1,2,3"]),
            ("host=a,b hostaddr=127.0.0.1", &["host=a,b hostaddr=127.0.0.1"]),
        ] {
            let each: Vec<_> = each.iter().map(|host| parsed(&format!("{host} {rest}"))).collect();
            assert!(hosts(&format!("{several} {rest}")) == each, "{several}");
        }
    }

    #[test]
    fn hosts_are_tried_in_any_order_when_the_url_asks_for_it() {
        let orders = || hosts("host=a,b,c load_balance_hosts=random");
        let first = orders();
        assert_eq!(first.len(), 3);
        assert!((0..200).any(|_| orders() != first), "the order never changes");
    }

    #[tokio::test]
    async fn a_host_that_hangs_leaves_the_next_ones_their_time() {
        let (config, time) = (parsed("host=a,b,c"), Duration::from_secs(3));
        let answered = first_to_answer(&config, time, |config| async move {
            let [Host::Tcp(name)] = config.get_hosts() else { panic!("one host") };
            match name.as_str() {
                "a" => pending().await,
                "b" => Err(ConnectionError::BadConnection("refused".to_owned())),
                _ => Ok(config.get_connect_timeout().copied()),
            }
        });
        // What the second one did not need is the third one's.
        let share = answered.await.expect("the last one answers").expect("it has a bound");
        assert!(share > time / 3 && share <= time * 2 / 3, "{share:?}");

        let (time, began) = (Duration::from_millis(300), Instant::now());
        let silent = first_to_answer(&config, time, |_| pending::<ConnectionResult<()>>());
        let reason = silent.await.expect_err("nobody answers").to_string();
        assert!(reason.starts_with("no answer within "), "{reason}");
        assert!(began.elapsed() >= time);
    }
}
