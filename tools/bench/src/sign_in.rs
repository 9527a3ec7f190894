//! The run of signing in: everything is measured in turn, round by round, in one order and then in the other, so that
//! whatever changes about the machine meanwhile meets all alike.
//!
//! Four services run at the same time, of which one works.

mod accounts;
mod hashing;
mod report;
mod requests;
mod services;
mod subject;
mod targets;

use std::{path::Path, sync::atomic::AtomicU64, thread};

use crate::{
    arguments::SignIn,
    checkout::{
        orders::{Buyer, Orders},
        workload::Workload,
    },
    failure::Failure,
    generator::{self, Requests, steady},
    machine::Machine,
    measurement::{Measured, Measurement},
    postgres::Postgres,
    processes::Watched,
    reads::{questions::Questions, survey::Survey},
    report::{Conditions, Report, tell},
    service::{Program, Service},
};

use hashing::Hash;
use report::Run;
use requests::{Lists, SignIns, products};
use services::{SERVICES, Services};
use subject::{Subject, Way, Work};

/// Products that are read in a second while people sign in: well below what the machine can do, which is what makes them
/// wait for the sign-ins and not for each other.
const PRODUCTS_PER_SECOND: u32 = 500;
const LISTS_PER_SECOND: u32 = 50;

/// Something to measure in every round.
enum Line {
    /// Products, read by these.
    Read(Way, Questions),
    /// Sign-ins, as many as there can be.
    SignIn,
    /// Hashes, as many as there can be.
    Hash,
    /// Products and lists at a steady rate, while nobody signs in or many do.
    Steady(Way),
    /// Orders.
    Order(Workload, Way),
}

/// Measures everything.
pub(crate) fn run(options: &SignIn) -> Result<Report, Failure> {
    let common = &options.common;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = Program::find(common.program.as_deref(), &workspace)?;
    tell("starting PostgreSQL, loading the shops and signing people in");
    let callers = common.callers.max(options.crowd);
    let postgres = Postgres::start(common, callers, SERVICES)?;
    let machine = Machine::inspect(postgres.directory(), &workspace)?;
    let settings = postgres.settings()?;
    let services = Services::start(&program, &postgres, common.products)?;
    let hash = Hash::read(&services.ed_dsa.accounts.hash)?;
    tell("reading every product");
    let lines = plan(&services, common.products)?;
    let asked = AtomicU64::new(0);
    let bench = Bench {
        options,
        postgres: &postgres,
        services: &services,
        hash: &hash,
        products: every_product(&services.ed_dsa.service, common.products, &[])?,
        asked: &asked,
    };
    Services::settle(&postgres)?;
    let mut measurements = Vec::new();
    for round in 1..=common.rounds {
        tell(&format!("round {round} of {}", common.rounds));
        let mut lines: Vec<&Line> = lines.iter().collect();
        if round % 2 == 0 {
            lines.reverse();
        }
        for line in lines {
            tell(&format!("  {}", line.title()));
            measurements.extend(bench.measure(line)?);
        }
    }
    drop(bench);
    services.stop()?;
    let mut remarks = Services::remarks();
    remarks.push(format!("passwords: argon2id, {}", hash.parameters()));
    let conditions = Conditions::new(machine, settings, program.settings, common);
    Ok(Run { conditions, remarks, crowd: options.crowd, measurements }.report())
}

/// What is measured, those that are compared beside each other.
fn plan(services: &Services, products: u64) -> Result<Vec<Line>, Failure> {
    let (ed_dsa, hs256) = (&services.ed_dsa, &services.hs256);
    let mut lines = Vec::new();
    for (way, served, readers) in [
        (Way::Anonymous, ed_dsa, [].as_slice()),
        (Way::EdDsa, ed_dsa, &ed_dsa.accounts.clients),
        (Way::AnonymousHs256, hs256, &[]),
        (Way::Hs256, hs256, &hs256.accounts.clients),
        (Way::ApiKey, ed_dsa, &ed_dsa.key_holders),
    ] {
        lines.push(Line::Read(way, every_product(&served.service, products, readers)?));
    }
    lines.extend([Line::SignIn, Line::Hash, Line::Steady(Way::Calm), Line::Steady(Way::Crowded)]);
    for workload in [Workload::Spread, Workload::Hot] {
        lines.extend([Way::Open, Way::Own, Way::ApiKey].map(|way| Line::Order(workload, way)));
    }
    Ok(lines)
}

/// Questions for every product, which fill the service's cache as they are made.
fn every_product(service: &Service, count: u64, readers: &[Buyer]) -> Result<Questions, Failure> {
    products(&Survey::new(service.address)?.products(count)?, readers)
}

impl Line {
    fn title(&self) -> String {
        let (work, way) = match self {
            Self::Read(way, _) => (Work::Product, *way),
            Self::SignIn => (Work::SignIn, Way::Service),
            Self::Hash => (Work::SignIn, Way::Argon2),
            Self::Steady(way) => (Work::SteadyProduct, *way),
            Self::Order(workload, way) => (ordering(*workload), *way),
        };
        format!("{}: {}", work.title(), way.title())
    }
}

fn ordering(workload: Workload) -> Work {
    if workload == Workload::Hot { Work::Hot } else { Work::Spread }
}

/// What has been started, and how to measure it.
struct Bench<'a> {
    options: &'a SignIn,
    postgres: &'a Postgres,
    services: &'a Services,
    hash: &'a Hash,
    products: Questions,
    /// Lists that were asked for until now.
    asked: &'a AtomicU64,
}

impl Bench<'_> {
    fn measure(&self, line: &Line) -> Result<Vec<Measurement<Subject>>, Failure> {
        let one = |work, way, measured| vec![Measurement { subject: Subject::new(work, way), measured }];
        match line {
            Line::Read(way, questions) => {
                let service = match way {
                    Way::Hs256 | Way::AnonymousHs256 => &self.services.hs256.service,
                    _ => &self.services.ed_dsa.service,
                };
                Ok(one(Work::Product, *way, self.generate(questions.asked(), service)?))
            }
            Line::SignIn => {
                let measured = self.generate(SignIns::new(), &self.services.ed_dsa.service)?;
                Services::settle(self.postgres)?;
                Ok(one(Work::SignIn, Way::Service, measured))
            }
            Line::Hash => {
                let watched = self.watch(&self.services.ed_dsa.service)?;
                let measured = self.hash.measure(&watched, &self.options.common)?;
                Ok(one(Work::SignIn, Way::Argon2, measured))
            }
            Line::Steady(way) => self.steady(*way),
            Line::Order(workload, way) => {
                let (service, guarded) = (&self.services.guarded.service, &self.services.guarded);
                let (service, buyers) = match way {
                    Way::Own => (service, guarded.accounts.clients.clone()),
                    Way::ApiKey => (service, guarded.key_holders.clone()),
                    _ => (&self.services.open, in_the_open(&guarded.accounts.clients)),
                };
                let measured =
                    self.generate(Orders::of(*workload, self.options.common.products, buyers), service)?;
                Services::settle(self.postgres)?;
                Ok(one(ordering(*workload), *way, measured))
            }
        }
    }

    /// Reads at a steady rate, with a crowd that signs in or without.
    fn steady(&self, way: Way) -> Result<Vec<Measurement<Subject>>, Failure> {
        let SignIn { common, crowd } = self.options;
        let service = &self.services.ed_dsa.service;
        let (address, watched) = (service.address, self.watch(service)?);
        let measured = thread::scope(|scope| {
            let sign_ins = (way == Way::Crowded).then(|| {
                scope.spawn(|| generator::measure(SignIns::new(), address, &watched, *crowd, common))
            });
            let lists = Lists::after(self.asked);
            let lists = scope.spawn(|| steady::measure(lists, address, &watched, LISTS_PER_SECOND, common));
            let products =
                steady::measure(self.products.asked(), address, &watched, PRODUCTS_PER_SECOND, common);
            let mut measured = vec![(Work::SteadyProduct, products)];
            for (work, thread) in [(Work::SteadyList, Some(lists)), (Work::SignIn, sign_ins)] {
                let ended = |_| Failure::run("a thread that sent requests has ended early");
                measured.extend(thread.map(|thread| (work, thread.join().map_err(ended).flatten())));
            }
            measured
        });
        Services::settle(self.postgres)?;
        let measurement = |(work, measured): (Work, Result<Measured, Failure>)| {
            Ok(Measurement { subject: Subject::new(work, way), measured: measured? })
        };
        measured.into_iter().map(measurement).collect()
    }

    /// As fast as it goes.
    fn generate(&self, requests: impl Requests, service: &Service) -> Result<Measured, Failure> {
        let (common, watched) = (&self.options.common, self.watch(service)?);
        generator::measure(requests, service.address, &watched, common.callers, common)
    }

    fn watch(&self, service: &Service) -> Result<Watched, Failure> {
        Ok(Watched { postmaster: self.postgres.pid()?, service: Some(service.pid()), pgbench: None })
    }
}

/// The same people where nobody asks who they are.
fn in_the_open(buyers: &[Buyer]) -> Vec<Buyer> {
    buyers.iter().map(|buyer| Buyer { id: buyer.id, proof: String::new() }).collect()
}
