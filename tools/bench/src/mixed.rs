//! A shop in use: people who look at lists and products, ask whether all is well, create and order, all at the same time.
//!
//! It tells how long they wait, and whether the service takes more and more memory. People think between their requests;
//! what happens when they do not is measured too, for comparison.

mod report;
mod resident;
mod subject;
mod targets;
mod visitor;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use fastrand::Rng;

use crate::{
    arguments::{Common, Mixed},
    checkout::check::Findings,
    failure::Failure,
    generator::{Outcome, users::Users},
    machine::Machine,
    measurement::Measurement,
    postgres::{self, Postgres},
    processes::Watched,
    reads::survey::Survey,
    report::{Conditions, Report, tell},
    service::{Program, Service},
};

use report::{Run, Watch};
use resident::Resident;
use subject::{Kind, Part, Subject, Way};
use visitor::{ROWS, Visitor};

const SHOP: &str = "shop";
/// The service itself has connections to `PostgreSQL`, its callers have none.
const CONNECTIONS: u32 = 0;
/// Pages that are asked for at most, beginning with the second.
const PAGES: u64 = 100;
/// Products of the shop fill the service's cache, which keeps more of each the more reviews it has. This is little enough to
/// be full soon, so that what grows afterwards is not the cache. Another capacity that is asked for is taken.
const CAPACITY: (&str, &str) = ("STOCKROOM__CACHE__CAPACITY_MEGABYTES", "16");
const SECOND: Duration = Duration::from_secs(1);

/// Measures everything.
pub(crate) fn run(options: &Mixed) -> Result<Report, Failure> {
    let common = &options.common;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut program = Program::find(common.program.as_deref(), &workspace)?;
    program.settings.entry(CAPACITY.0.to_owned()).or_insert_with(|| CAPACITY.1.to_owned());
    tell("starting PostgreSQL and loading the shop");
    let postgres = Postgres::start(common, CONNECTIONS, 1)?;
    let machine = Machine::inspect(postgres.directory(), &workspace)?;
    postgres.load(SHOP, postgres::SHOP, common.products)?;
    let settings = postgres.settings()?;
    let url = postgres.url(SHOP);
    let service = program.serve(&url, &[])?;
    tell("reading every product");
    let mut survey = Survey::new(service.address)?;
    survey.products(common.products)?;
    let pages = pages(&mut survey, common.products)?;
    drop(survey);

    let mut bench = Bench {
        options,
        postgres: &postgres,
        service: &service,
        pages: &pages,
        measurements: Vec::new(),
        watches: Vec::new(),
    };
    for round in 1..=common.rounds {
        for way in ways(options) {
            tell(&format!("round {round} of {}: {}", common.rounds, way.title()));
            bench.measure(*way, round)?;
        }
    }
    let Bench { measurements, watches, .. } = bench;
    service.stop()?;
    tell("checking what was written");
    let check = Findings::ask(&program, &url)?;
    let conditions = Conditions::new(machine, settings, program.settings, common);
    let Mixed { think_milliseconds, soak, .. } = *options;
    let remarks = remarks(options);
    Ok(Run { conditions, soak, think_milliseconds, remarks, measurements, watches, check }.report())
}

/// What is measured in each round. A soak is of people alone.
fn ways(options: &Mixed) -> &'static [Way] {
    match (options.think_milliseconds, options.soak) {
        (0, _) => &[Way::AtOnce],
        (_, true) => &[Way::Thinking],
        (_, false) => &Way::BOTH,
    }
}

/// Where the pages after the first begin, by cursor.
fn pages(survey: &mut Survey, products: u64) -> Result<Vec<String>, Failure> {
    let mut pages = Vec::new();
    let mut target = format!("/products?limit={ROWS}");
    for _ in 0..PAGES.min(products / ROWS - 1) {
        target = survey.page(&target, 2)?.map_err(Failure::run)?;
        pages.push(target.clone());
    }
    Ok(pages)
}

fn remarks(options: &Mixed) -> Vec<String> {
    let users = format!("{} users, each with a connection", options.common.callers);
    let think = options.think_milliseconds;
    let thinking = format!("thinking: {} to {} ms between an answer and the next request", think / 2, {
        think + think / 2
    });
    let mut remarks = vec![users];
    if think > 0 {
        remarks.push(thinking);
    }
    remarks
}

/// What has been started, and what was measured.
struct Bench<'a> {
    options: &'a Mixed,
    postgres: &'a Postgres,
    service: &'a Service,
    pages: &'a [String],
    measurements: Vec<Measurement<Subject>>,
    watches: Vec<Watch>,
}

impl Bench<'_> {
    fn measure(&mut self, way: Way, round: u32) -> Result<(), Failure> {
        let Common { callers, seconds, warm_up, products, .. } = self.options.common;
        self.postgres.settle(&[SHOP])?;
        let watched =
            Watched { postmaster: self.postgres.pid()?, service: Some(self.service.pid()), pgbench: None };
        let think = match way {
            Way::Thinking => Duration::from_millis(self.options.think_milliseconds),
            Way::AtOnce => Duration::ZERO,
        };
        let visitors = (1..=callers).map(|number| Visitor::new(u64::from(number), products, self.pages));
        let mut users =
            Users::start(self.service.address, think, visitors, Rng::with_seed(u64::from(round)))?;
        let mut warming = outcomes()?;
        users.drive(Duration::from_secs(warm_up), &mut warming)?;
        let mut outcomes = outcomes()?;
        let mut resident = Resident::default();
        let (before, started) = (watched.sample()?, Instant::now());
        for _ in 0..seconds {
            resident.add(started.elapsed().as_secs_f64(), watched.resident()?);
            users.drive(SECOND, &mut outcomes)?;
        }
        resident.add(started.elapsed().as_secs_f64(), watched.resident()?);

        let mut all = Outcome::new()?;
        let outcomes = outcomes.into_iter().zip(warming).map(|(outcome, warming)| outcome.after(warming));
        let outcomes: Vec<Outcome> = outcomes.collect();
        for outcome in &outcomes {
            all.add(outcome);
        }
        let all = all.measured(callers, &before, &watched)?;
        for (kind, outcome) in Kind::ALL.into_iter().zip(outcomes) {
            let subject = Subject { way, part: Part::Of(kind) };
            self.measurements.push(Measurement { subject, measured: outcome.part_of(&all) });
        }
        self.measurements.push(Measurement { subject: Subject { way, part: Part::All }, measured: all });
        self.watches.push(Watch { way, round, growth: resident.growth(), resident });
        Ok(())
    }
}

/// One for each kind.
fn outcomes() -> Result<Vec<Outcome>, Failure> {
    Kind::ALL.iter().map(|_| Outcome::new()).collect()
}
