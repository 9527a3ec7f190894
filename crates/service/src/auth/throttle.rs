//! How often somebody may try to sign in: for each account, whether it exists or not, and for each address. Counted before
//! any password is hashed, by the same limiter that counts requests.

use std::{net::IpAddr, sync::Arc, time::Duration};

use stockroom_limits::{Check, Limiter, Policy, Subject};

use super::AuthSettings;
use crate::{Error, Result};

/// The time that limits are told for.
const PERIOD: Duration = Duration::from_mins(1);

/// The limits of those who try.
pub(super) struct Throttle {
    addresses: Option<Policy>,
    accounts: Vec<Policy>,
    limiter: Arc<Limiter>,
}

impl Throttle {
    pub(super) fn new(settings: &AuthSettings, limiter: Arc<Limiter>) -> Self {
        let policy = |name, tries| (tries > 0).then(|| Policy::new(name, tries, PERIOD));
        let accounts = [policy("sign-in-account", settings.logins_per_account), settings.account_limit];
        Self {
            addresses: policy("sign-in-address", settings.logins_per_address),
            accounts: accounts.into_iter().flatten().collect(),
            limiter,
        }
    }

    /// Counts a try of an address, where it is known.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub(super) async fn count_address(&self, address: Option<IpAddr>) -> Result<()> {
        self.check(self.of_address(address).as_slice()).await
    }

    /// Counts a try of an address at an account.
    ///
    /// # Errors
    /// [`Error::Throttled`].
    pub(super) async fn count(&self, address: Option<IpAddr>, email: &str) -> Result<()> {
        let subject = Subject::named("account", email.to_lowercase().as_bytes());
        let of_account = self.accounts.iter().map(|policy| Check { policy: *policy, subject });
        let checks: Vec<Check> = self.of_address(address).into_iter().chain(of_account).collect();
        self.check(&checks).await
    }

    fn of_address(&self, address: Option<IpAddr>) -> Option<Check> {
        Some(Check { policy: self.addresses?, subject: Subject::address(address?) })
    }

    async fn check(&self, checks: &[Check]) -> Result<()> {
        let verdict = self.limiter.check_all(checks).await;
        match verdict.nearest() {
            Some(decision) if !decision.allowed => Err(Error::Throttled(Box::new(*decision))),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle(logins_per_account: u32, logins_per_address: u32) -> Throttle {
        let settings = AuthSettings { logins_per_account, logins_per_address, ..AuthSettings::default() };
        Throttle::new(&settings, Arc::new(Limiter::alone(stockroom_limits::Settings::default())))
    }

    #[tokio::test]
    async fn accounts_and_addresses_have_limits_of_their_own() {
        let throttle = throttle(2, 3);
        let address = |text: &str| Some(text.parse().unwrap());
        throttle.count(address("192.0.2.1"), "ana@example.com").await.unwrap();
        throttle.count(address("192.0.2.2"), "ANA@example.com").await.unwrap();
        let refused = throttle.count(address("192.0.2.3"), "Ana@example.com").await.unwrap_err();
        assert_eq!(refused.to_string(), "Rate limit exceeded. Maximum 2 requests per 60 seconds.");
        let Error::Throttled(decision) = refused else { panic!("{refused:?}") };
        assert_eq!(decision.policy.name(), "sign-in-account");
        assert!(decision.retry_after <= PERIOD && !decision.retry_after.is_zero(), "{decision:?}");
        throttle.count(address("::ffff:192.0.2.1"), "eve@example.com").await.unwrap();
        throttle.count_address(address("192.0.2.1")).await.unwrap();
        assert!(throttle.count_address(address("192.0.2.1")).await.is_err());
        throttle.count(None, "bob@example.com").await.unwrap();
    }

    #[tokio::test]
    async fn a_further_limit_of_an_account_holds_beside_the_first() {
        let account_limit = Some(Policy::new("login-account", 1, Duration::from_mins(10)));
        let settings = AuthSettings { logins_per_account: 2, account_limit, ..AuthSettings::default() };
        let throttle =
            Throttle::new(&settings, Arc::new(Limiter::alone(stockroom_limits::Settings::default())));
        throttle.count(None, "ana@example.com").await.unwrap();
        let refused = throttle.count(None, "ana@example.com").await.unwrap_err();
        assert_eq!(refused.to_string(), "Rate limit exceeded. Maximum 1 requests per 600 seconds.");
    }

    #[tokio::test]
    async fn a_network_counts_as_one() {
        let throttle = throttle(0, 1);
        throttle.count_address(Some("2001:db8::1".parse().unwrap())).await.unwrap();
        assert!(throttle.count_address(Some("2001:db8::2".parse().unwrap())).await.is_err());
        throttle.count_address(Some("2001:db8:0:1::1".parse().unwrap())).await.unwrap();
    }
}
