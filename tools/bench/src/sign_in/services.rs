//! The services under measurement, with those who may use them: two on one shop, which differ in how tokens are signed, and
//! two that orders are placed with, each on a copy of its own, of which one asks nobody who they are.

use crate::{
    checkout::orders::Buyer,
    failure::Failure,
    postgres::{self, Postgres},
    reads::CACHE_KEEPS,
    service::{OPEN, Program, Service},
};

use super::accounts::{Accounts, key_holder};

/// Whoever asks has to say who they are.
const ENFORCED: (&str, &str) = (OPEN.0, "enforced");
/// What services that sign people in are set to besides.
const SETTINGS: [(&str, &str); 6] = [
    ENFORCED,
    // All accounts sign in from one address.
    ("STOCKROOM__AUTH__LOGINS_PER_MINUTE_PER_ACCOUNT", "0"),
    ("STOCKROOM__AUTH__LOGINS_PER_MINUTE_PER_ADDRESS", "0"),
    // Longer than a run.
    ("STOCKROOM__AUTH__ACCESS_TOKEN_SECONDS", "86400"),
    CACHE_KEEPS,
    // Lists that are read once each must not drive the products out.
    ("STOCKROOM__CACHE__CAPACITY_MEGABYTES", "1024"),
];
/// A key that nobody else has to know.
const HS256: (&str, &str) =
    ("STOCKROOM__AUTH__KEYS", "bench:HS256:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");

pub(super) const SHOP: &str = "shop";
const GUARDED: &str = "shop_guarded";
const OPENED: &str = "shop_open";
/// As many as run at the same time.
pub(super) const SERVICES: u32 = 4;
/// Clients that the holder of an API key places orders for.
const CUSTOMERS: u64 = 100;

/// A service and the people who use it.
pub(super) struct Served {
    pub(super) service: Service,
    pub(super) database: &'static str,
    pub(super) accounts: Accounts,
    /// Whoever holds the API key, once for each client that orders are placed for.
    pub(super) key_holders: Vec<Buyer>,
}

/// All of them.
pub(super) struct Services {
    /// Signs tokens with Ed25519, as services do that are told nothing else.
    pub(super) ed_dsa: Served,
    /// Signs tokens with an HMAC.
    pub(super) hs256: Served,
    /// Takes orders of those who prove who they are.
    pub(super) guarded: Served,
    /// Takes orders of anybody.
    pub(super) open: Service,
}

impl Services {
    /// Makes the shops and starts the services.
    pub(super) fn start(program: &Program, postgres: &Postgres, products: u64) -> Result<Self, Failure> {
        postgres.load(SHOP, postgres::SHOP, products)?;
        postgres.copy(SHOP, GUARDED)?;
        postgres.copy(SHOP, OPENED)?;
        let with_hs256 = [SETTINGS.as_slice(), &[HS256]].concat();
        let ed_dsa = Served::start(program, postgres, SHOP, &SETTINGS)?;
        // Whoever registers does so once in a shop.
        let hs256 = Served::join(program, postgres, &ed_dsa, &with_hs256)?;
        let guarded = Served::start(program, postgres, GUARDED, &SETTINGS)?;
        let open = program.serve(&postgres.url(OPENED), &[OPEN])?;
        Ok(Self { ed_dsa, hs256, guarded, open })
    }

    /// Leaves nothing for the next measurement to pay.
    pub(super) fn settle(postgres: &Postgres) -> Result<(), Failure> {
        postgres.settle(&[SHOP, GUARDED, OPENED])
    }

    pub(super) fn stop(self) -> Result<(), Failure> {
        let all = [self.ed_dsa.service, self.hs256.service, self.guarded.service, self.open];
        all.into_iter().try_for_each(Service::stop)
    }

    /// What one should know of them.
    pub(super) fn remarks() -> Vec<String> {
        let told = |settings: &[(&str, &str)]| {
            let each: Vec<String> = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
            each.join(" ")
        };
        vec![
            format!("where people sign in: {}", told(&SETTINGS)),
            format!("open mode: {}", told(&[OPEN])),
            "HS256: STOCKROOM__AUTH__KEYS has one key of 32 bytes".to_owned(),
        ]
    }
}

impl Served {
    fn start(
        program: &Program,
        postgres: &Postgres,
        database: &'static str,
        settings: &[(&str, &str)],
    ) -> Result<Self, Failure> {
        let url = postgres.url(database);
        let service = program.serve(&url, settings)?;
        let accounts = Accounts::open(service.address, postgres, database)?;
        let key_holder = key_holder(program, &url)?;
        let key_holders = (1..=CUSTOMERS).map(|id| Buyer { id, ..key_holder.clone() }).collect();
        Ok(Self { service, database, accounts, key_holders })
    }

    /// Another service on the shop of one that runs.
    fn join(
        program: &Program,
        postgres: &Postgres,
        first: &Self,
        settings: &[(&str, &str)],
    ) -> Result<Self, Failure> {
        let service = program.serve(&postgres.url(first.database), settings)?;
        let accounts = Accounts::sign_in(service.address, first.accounts.hash.clone())?;
        Ok(Self { service, database: first.database, accounts, key_holders: first.key_holders.clone() })
    }
}
