//! The run: everything is measured in turn, round by round, so that whatever changes about the machine meanwhile meets
//! all contenders alike.

mod baselines;
pub(crate) mod check;
mod contender;
pub(crate) mod orders;
mod report;
mod targets;
pub(crate) mod workload;

use std::{path::Path, time::Duration};

use serde::Serialize;

use crate::{
    arguments::{Checkout, Common},
    failure::Failure,
    generator, interrupt,
    machine::Machine,
    measurement::Measurement,
    postgres::{self, Postgres},
    processes::{Memory, Watched},
    report::{Conditions, Report, tell},
    service::{Program, Service},
};

use baselines::{Baselines, Way};
use check::Verdict;
use contender::Contender;
use orders::Orders;
use report::Run;
use workload::Workload;

/// The shop that those of the contenders are copies of.
const SHOP: &str = "shop_template";

/// How many seconds the service is watched doing nothing, at most, and has to calm down before.
const IDLE: u64 = 3;

/// Who places which orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Subject {
    pub(crate) workload: Workload,
    pub(crate) contender: Contender,
}

/// Measures everything.
pub(crate) fn run(options: &Checkout) -> Result<Report, Failure> {
    let common = &options.common;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = if options.baselines_only {
        None
    } else {
        Some(Program::find(common.program.as_deref(), &workspace)?)
    };
    tell("starting PostgreSQL and loading the shops");
    let postgres = Postgres::start(common, common.callers, 1)?;
    let machine = Machine::inspect(postgres.directory(), &workspace)?;
    postgres.load(SHOP, postgres::SHOP, common.products)?;
    for contender in Contender::ALL {
        postgres.copy(SHOP, contender.database())?;
    }
    let settings = postgres.settings()?;

    let mut baselines = Baselines::prepare(&postgres, common.products)?;
    let ways = choose(&mut baselines, common)?;
    let url = postgres.url(Contender::Service.database());
    let service = program.as_ref().map(|program| program.serve(&url, &[])).transpose()?;
    let mut bench =
        Bench { common, postgres: &postgres, service: service.as_ref(), measurements: Vec::new() };
    for round in 1..=common.rounds {
        bench.round(round, &baselines, &ways)?;
    }
    let idle = bench.idle()?;
    let measurements = bench.measurements;
    if let Some(service) = service {
        service.stop()?;
    }
    tell("checking what was ordered");
    let verdicts = program.as_ref().map_or_else(|| Ok(Vec::new()), |program| check(program, &postgres))?;

    let service = program.map(|program| program.settings).unwrap_or_default();
    let conditions = Conditions::new(machine, settings, service, common);
    let trials = baselines.into_trials();
    Ok(Run { conditions, trials, measurements, idle, verdicts }.report())
}

/// Checks what each has written: the limits must have done the same work.
fn check(program: &Program, postgres: &Postgres) -> Result<Vec<Verdict>, Failure> {
    let ask = |contender: &Contender| Verdict::ask(program, *contender, &postgres.url(contender.database()));
    Contender::ALL.iter().map(ask).collect()
}

/// The fastest way of each limit for each kind of orders.
fn choose(baselines: &mut Baselines<'_>, options: &Common) -> Result<Vec<Way>, Failure> {
    let limits = Workload::ALL.iter().flat_map(|workload| {
        let subject = |contender| Subject { workload: *workload, contender };
        let single = (workload.lines() == 1).then_some(subject(Contender::Single));
        [Some(subject(Contender::Statements)), single].into_iter().flatten()
    });
    limits
        .map(|subject| {
            let Subject { workload, contender } = subject;
            tell(&format!("looking for the fastest way: {}, {}", contender.title(), workload.title()));
            baselines.choose(subject, options)
        })
        .collect()
}

/// A run under way.
struct Bench<'a> {
    common: &'a Common,
    postgres: &'a Postgres,
    service: Option<&'a Service>,
    measurements: Vec<Measurement<Subject>>,
}

/// The service left alone.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Idle {
    pub(crate) cores: f64,
    pub(crate) memory: Memory,
}

impl Bench<'_> {
    fn round(&mut self, round: u32, baselines: &Baselines<'_>, ways: &[Way]) -> Result<(), Failure> {
        for workload in Workload::ALL {
            let title = workload.title();
            tell(&format!("round {round} of {}: {title}", self.common.rounds));
            if let Some(service) = self.service {
                self.order(service, workload, self.common.callers)?;
            }
            for way in ways.iter().filter(|way| way.subject.workload == workload) {
                let database = way.subject.contender.database();
                self.postgres.settle(&[database])?;
                let measured = baselines.measure(*way, (self.common.warm_up, self.common.seconds))?;
                self.measurements.push(Measurement { subject: way.subject, measured });
                self.postgres.settle(&[database])?;
            }
        }
        match self.service {
            Some(service) => self.order(service, Workload::Spread, 1),
            None => Ok(()),
        }
    }

    /// Measures the service.
    fn order(&mut self, service: &Service, workload: Workload, callers: u32) -> Result<(), Failure> {
        let contender = Contender::Service;
        self.postgres.settle(&[contender.database()])?;
        let watched =
            Watched { postmaster: self.postgres.pid()?, service: Some(service.pid()), pgbench: None };
        let orders = Orders::new(workload, self.common.products);
        let measured = generator::measure(orders, service.address, &watched, callers, self.common)?;
        self.measurements.push(Measurement { subject: Subject { workload, contender }, measured });
        self.postgres.settle(&[contender.database()])
    }

    fn idle(&self) -> Result<Option<Idle>, Failure> {
        let Some(service) = self.service else { return Ok(None) };
        tell("watching the idle service");
        let watched =
            Watched { postmaster: self.postgres.pid()?, service: Some(service.pid()), pgbench: None };
        let idle = Duration::from_secs(self.common.seconds.min(IDLE));
        interrupt::sleep(idle)?;
        let before = watched.sample()?;
        interrupt::sleep(idle)?;
        let cores = before.until(&watched.sample()?).service;
        Ok(Some(Idle { cores, memory: watched.memory()? }))
    }
}
