//! The run: everything is measured in turn, round by round, so that whatever changes about the machine meanwhile meets
//! all contenders alike.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::{
    arguments::Checkout,
    baselines::{Baselines, Way},
    check::Verdict,
    contender::Contender,
    failure::Failure,
    generator::Generator,
    interrupt,
    machine::Machine,
    measurement::{Measurement, rate},
    postgres::Postgres,
    processes::{Memory, Watched},
    report::Report,
    service::{Program, Service},
    workload::Workload,
};

/// How long the service is watched doing nothing, and how long it has to calm down before.
const IDLE: Duration = Duration::from_secs(3);

/// Measures everything.
pub(crate) fn run(options: &Checkout) -> Result<Report, Failure> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = if options.baselines_only {
        None
    } else {
        Some(Program::find(options.program.as_deref(), &workspace)?)
    };
    tell("starting PostgreSQL and loading the shops");
    let postgres = Postgres::start(options.directory.as_deref(), options.callers)?;
    let machine = Machine::inspect(postgres.directory(), &workspace)?;
    postgres.load()?;
    let settings = postgres.settings()?;

    let mut baselines = Baselines::prepare(&postgres)?;
    let ways = choose(&mut baselines, options)?;
    let url = postgres.url(Contender::Service.database());
    let service = program.as_ref().map(|program| program.serve(&url)).transpose()?;
    let mut bench = Bench {
        options,
        postgres: &postgres,
        service: service.as_ref(),
        measurements: Vec::new(),
        first_refusal: None,
    };
    for round in 1..=options.rounds {
        bench.round(round, &baselines, &ways)?;
    }
    let idle = bench.idle()?;
    let Bench { measurements, first_refusal, .. } = bench;
    if let Some(service) = service {
        service.stop()?;
    }
    tell("checking what was ordered");
    let verdicts = program.as_ref().map_or_else(|| Ok(Vec::new()), |program| check(program, &postgres))?;

    let time: DateTime<Utc> = SystemTime::now().into();
    Ok(Report {
        time: time.to_rfc3339_opts(SecondsFormat::Secs, true),
        machine,
        postgres: settings,
        service: program.map(|program| program.settings).unwrap_or_default(),
        rounds: options.rounds,
        seconds: options.seconds,
        warm_up: options.warm_up,
        trials: baselines.into_trials(),
        measurements,
        first_refusal,
        idle,
        verdicts,
    })
}

/// Checks what each has written: the limits must have done the same work.
fn check(program: &Program, postgres: &Postgres) -> Result<Vec<Verdict>, Failure> {
    let ask = |contender: &Contender| Verdict::ask(program, *contender, &postgres.url(contender.database()));
    Contender::ALL.iter().map(ask).collect()
}

/// The fastest way of each limit for each kind of orders.
fn choose(baselines: &mut Baselines<'_>, options: &Checkout) -> Result<Vec<Way>, Failure> {
    let limits = Workload::ALL.iter().flat_map(|workload| {
        let single = (workload.ranges().len() == 1).then_some((Contender::Single, *workload));
        [Some((Contender::Statements, *workload)), single].into_iter().flatten()
    });
    limits
        .map(|(contender, workload)| {
            tell(&format!("looking for the fastest way: {}, {}", contender.title(), workload.title()));
            baselines.choose(contender, workload, options.callers, options.seconds)
        })
        .collect()
}

/// A run under way.
struct Bench<'a> {
    options: &'a Checkout,
    postgres: &'a Postgres,
    service: Option<&'a Service>,
    measurements: Vec<Measurement>,
    first_refusal: Option<String>,
}

/// The service left alone.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Idle {
    pub(crate) cores: f64,
    pub(crate) memory: Memory,
}

impl Bench<'_> {
    fn round(&mut self, round: u32, baselines: &Baselines<'_>, ways: &[Way]) -> Result<(), Failure> {
        for workload in Workload::ALL {
            let title = workload.title();
            tell(&format!("round {round} of {}: {title}", self.options.rounds));
            if let Some(service) = self.service {
                self.order(service, workload, self.options.callers)?;
            }
            for way in ways.iter().filter(|way| way.workload == workload) {
                self.postgres.settle(way.contender)?;
                let Checkout { warm_up, seconds, .. } = self.options;
                self.measurements.push(baselines.measure(*way, *warm_up, *seconds)?);
                self.postgres.settle(way.contender)?;
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
        self.postgres.settle(contender)?;
        let watched =
            Watched { postmaster: self.postgres.pid()?, service: Some(service.pid()), pgbench: None };
        let mut generator = Generator::start(service.address, callers, workload)?;
        let warm_up = generator.drive(Duration::from_secs(self.options.warm_up))?;
        let before = watched.sample()?;
        let outcome = generator.drive(Duration::from_secs(self.options.seconds))?;
        let after = watched.sample()?;
        let seconds = before.seconds_until(&after);
        let orders = outcome.latencies.count();
        self.measurements.push(Measurement {
            workload,
            contender,
            callers,
            seconds,
            orders,
            per_second: rate(orders, Duration::from_secs_f64(seconds)),
            latency: outcome.latencies.percentiles(),
            refused: outcome.refused,
            cores: before.until(&after),
            memory: watched.memory()?,
        });
        let refusal = warm_up.first_refusal.or(outcome.first_refusal);
        self.first_refusal = self.first_refusal.take().or(refusal);
        drop(generator);
        self.postgres.settle(contender)
    }

    fn idle(&self) -> Result<Option<Idle>, Failure> {
        let Some(service) = self.service else { return Ok(None) };
        tell("watching the idle service");
        let watched =
            Watched { postmaster: self.postgres.pid()?, service: Some(service.pid()), pgbench: None };
        interrupt::sleep(IDLE)?;
        let before = watched.sample()?;
        interrupt::sleep(IDLE)?;
        let cores = before.until(&watched.sample()?).service;
        Ok(Some(Idle { cores, memory: watched.memory()? }))
    }
}

/// Progress goes to standard error: the report alone is the result.
fn tell(what: &str) {
    eprintln!("{what}");
}
