//! The run of reads: everything is measured in turn, round by round, in one order and then in the other, so that
//! whatever changes about the machine meanwhile meets all alike.
//!
//! Three services run at the same time, of which one works: one with its cache on and one with its cache off, on the same
//! shop, and one on a large catalogue.

mod lines;
mod links;
pub(crate) mod questions;
mod report;
mod subject;
pub(crate) mod survey;
mod targets;
mod vocabulary;

use std::path::Path;

use crate::{
    arguments::{Common, Reads},
    bare,
    client::Answer,
    failure::Failure,
    generator,
    machine::Machine,
    measurement::Measurement,
    pgbench::{Pgbench, Script},
    postgres::{self, Postgres},
    processes::Watched,
    redis::Redis,
    report::{Conditions, Report, tell},
    service::{Program, Service},
    trials::{self, Trial},
};

use lines::{Line, Plan, Source};
use report::Run;
use subject::{Read, Server, Subject};
use survey::Survey;

/// Switches the service's cache off.
const CACHE_OFF: (&str, &str) = ("STOCKROOM__CACHE__ENABLED", "false");
/// Longer than a run. All that the cache holds was put there within seconds, by the bench, so all of it would have to be
/// read anew at once, in the middle of some measurement.
pub(crate) const CACHE_KEEPS: (&str, &str) = ("STOCKROOM__CACHE__TTL_SECONDS", "86400");
const REDIS_ON: (&str, &str) = ("STOCKROOM__REDIS__ENABLED", "true");
const REDIS_URL: &str = "STOCKROOM__REDIS__URL";

const SHOP: &str = "shop";
const CATALOGUE: &str = "catalogue";
const CATALOGUE_CONTENT: &str = include_str!("../sql/catalogue.sql");
const SERVICES: u32 = 3;
const SEARCHERS: u32 = 8;
/// Names that queries are made of.
const NAMES: &str =
    "SELECT string_agg(name, E'\\n') FROM (SELECT name FROM products ORDER BY random() LIMIT 4000) AS drawn";

/// Measures everything.
pub(crate) fn run(options: &Reads) -> Result<Report, Failure> {
    let common = &options.common;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let program = Program::find(common.program.as_deref(), &workspace)?;
    tell("starting PostgreSQL and loading the shop and the catalogue");
    let postgres = Postgres::start(common, common.callers, SERVICES)?;
    let machine = Machine::inspect(postgres.directory(), &workspace)?;
    postgres.load(SHOP, postgres::SHOP, common.products)?;
    postgres.load(CATALOGUE, CATALOGUE_CONTENT, options.catalogue)?;
    let settings = postgres.settings()?;

    let redis = options.redis.then(|| Redis::start(postgres.directory())).transpose()?;
    let has_cache = program.knows(CACHE_OFF)?;
    let services = Services::start(&program, &postgres, redis.as_ref(), has_cache)?;
    // A given program may have made tables that the bench does not know of.
    postgres.settle(&[SHOP, CATALOGUE])?;
    tell("reading every product");
    let names = postgres.query(CATALOGUE, NAMES)?;
    let mut plan = Plan::make(&services, common, &names)?;
    let bare = plan.constants.iter().map(|(read, constant)| {
        let server = bare::start(postgres.directory(), constant.route, &constant.answer, program.workers())?;
        let answer = Survey::new(server.address)?.get(&constant.target, &[])?;
        if !answer.looks_like(&constant.answer) {
            return Err(Failure::run(format!(
                "the bare server answers {answer:?}, not {:?}",
                constant.answer
            )));
        }
        Ok((*read, server))
    });
    let bare: Vec<(Read, Service)> = bare.collect::<Result<_, Failure>>()?;

    let pgbench = Pgbench::new(&postgres);
    let script = script(common.products);
    let mut trials = Vec::new();
    let pgbench_callers = choose(&pgbench, &script, common, &mut trials)?;
    plan.limit(pgbench_callers);
    let bench = Bench { common, postgres: &postgres, services: &services, bare: &bare, pgbench, script };
    let mut measurements = Vec::new();
    for round in 1..=common.rounds {
        tell(&format!("round {round} of {}", common.rounds));
        let mut lines: Vec<&Line> = plan.lines.iter().collect();
        if round % 2 == 0 {
            lines.reverse();
        }
        for line in lines {
            let Subject { read, server } = line.subject;
            tell(&format!("  {}: {}, {} callers", read.title(), server.title(), line.callers));
            measurements.push(bench.measure(line)?);
        }
    }
    drop(bench);
    for (_, server) in bare {
        server.stop()?;
    }
    services.stop()?;
    let remarks = remarks(has_cache, redis.is_some(), &plan);
    let conditions = Conditions::new(machine, settings, program.settings, common);
    Ok(Run { conditions, remarks, left_out: plan.left_out, trials, measurements }.report())
}

/// The services under measurement.
struct Services {
    cached: Service,
    uncached: Service,
    catalogue: Service,
}

impl Services {
    fn start(
        program: &Program,
        postgres: &Postgres,
        redis: Option<&Redis>,
        has_cache: bool,
    ) -> Result<Self, Failure> {
        let url = redis.map(Redis::url);
        let mut with_cache = Vec::new();
        if let Some(url) = &url {
            with_cache.extend([REDIS_ON, (REDIS_URL, url.as_str())]);
        }
        // A program that has no cache refuses its settings.
        let mut without_cache = [].as_slice();
        if has_cache {
            with_cache.push(CACHE_KEEPS);
            without_cache = &[CACHE_OFF];
        }
        Ok(Self {
            cached: program.serve(&postgres.url(SHOP), &with_cache)?,
            uncached: program.serve(&postgres.url(SHOP), without_cache)?,
            catalogue: program.serve(&postgres.url(CATALOGUE), without_cache)?,
        })
    }

    fn stop(self) -> Result<(), Failure> {
        [self.cached, self.uncached, self.catalogue].into_iter().try_for_each(Service::stop)
    }
}

/// What has been started, and how to measure it.
struct Bench<'a> {
    common: &'a Common,
    postgres: &'a Postgres,
    services: &'a Services,
    bare: &'a [(Read, Service)],
    pgbench: Pgbench<'a>,
    script: Script,
}

impl Bench<'_> {
    fn measure(&self, line: &Line) -> Result<Measurement<Subject>, Failure> {
        let measured = match &line.source {
            Source::Pgbench => {
                let duration = (self.common.warm_up, self.common.seconds);
                self.pgbench.measure(SHOP, &self.script, line.callers, duration)?
            }
            Source::Http(questions) => {
                let server = self.server(line.subject)?;
                let watched =
                    Watched { postmaster: self.postgres.pid()?, service: Some(server.pid()), pgbench: None };
                generator::measure(questions.asked(), server.address, &watched, line.callers, self.common)?
            }
        };
        Ok(Measurement { subject: line.subject, measured })
    }

    fn server(&self, subject: Subject) -> Result<&Service, Failure> {
        let found = match subject.server {
            Server::Bare => {
                self.bare.iter().find(|(read, _)| *read == subject.read).map(|(_, server)| server)
            }
            Server::Service => Some(&self.services.cached),
            Server::Uncached if subject.read == Read::Search => Some(&self.services.catalogue),
            Server::Uncached => Some(&self.services.uncached),
            Server::Pgbench => None,
        };
        found.ok_or_else(|| Failure::run("there is no server for a line"))
    }
}

fn script(products: u64) -> Script {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql/product_by_id.sql");
    Script { path, variables: vec![("products".to_owned(), products.to_string())], is_fast: true }
}

/// How many callers pgbench is fastest with.
fn choose(
    pgbench: &Pgbench<'_>,
    script: &Script,
    common: &Common,
    trials: &mut Vec<Trial<Subject>>,
) -> Result<u32, Failure> {
    tell("looking for the fastest way to read with pgbench");
    let subject = Subject::new(Read::Product, Server::Pgbench);
    trials::fastest(subject, &trials::candidates(common.callers), trials, |callers| {
        pgbench.measure(SHOP, script, callers, trials::duration((common.warm_up, common.seconds)))
    })
}

fn remarks(has_cache: bool, has_redis: bool, plan: &Plan) -> Vec<String> {
    let setting = |(name, value): (&str, &str)| format!("{name}={value}");
    let mut remarks = if has_cache {
        vec![
            format!("with a cache: {}", setting(CACHE_KEEPS)),
            format!("without a cache: {}", setting(CACHE_OFF)),
        ]
    } else {
        vec![format!(
            "it has no setting {}: without a cache it is the same with the same settings",
            CACHE_OFF.0
        )]
    };
    if !plan.has_hits {
        remarks.push("products that were read before have no X-Cache-Hit: true".to_owned());
    }
    if has_redis {
        remarks.push("with a cache: a Redis of its own".to_owned());
    }
    for (read, constant) in &plan.constants {
        let Answer { status, fields, body } = &constant.answer;
        remarks.push(format!(
            "bare server, {}: {status}, {} header fields, {} bytes of body",
            read.title(),
            fields.len(),
            body.len()
        ));
    }
    remarks
}
