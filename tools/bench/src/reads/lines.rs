//! What is measured: the lines of the report, each with who is asked what.

use crate::{arguments::Common, client::Answer, failure::Failure};

use super::{
    SEARCHERS, Services,
    questions::{Content, Expected, Questions, first_id},
    subject::{Read, Server, Subject},
    survey::{Product, Survey, target, typical},
    vocabulary,
};

const OK: u16 = 200;
const NOT_MODIFIED: u16 = 304;
const IF_NONE_MATCH: &str = "If-None-Match";
/// Tells whether an answer comes from the cache.
const CACHE_HIT: &str = "x-cache-hit";
const ITEM: &str = "/products/{id}";
const LIST: &str = "/products";
const PAGE: &str = "/products?limit=20";
const ROWS: u64 = 20;
const LONG_PAGE: &str = "/products?limit=1000";
/// A page deep in the list; the last one where there are fewer.
const DEEP: u64 = 500;
/// What a path is answered with that there is no such thing behind, or no such id.
const NO_SUCH_PATH: [u16; 2] = [404, 422];

/// Something to measure in every round.
pub(super) struct Line {
    pub(super) subject: Subject,
    pub(super) callers: u32,
    pub(super) source: Source,
}

/// Where the load comes from.
pub(super) enum Source {
    /// The generator, with these questions.
    Http(Questions),
    Pgbench,
}

/// What a bare server answers.
pub(super) struct Constant {
    pub(super) route: &'static str,
    /// One of the targets on that route, the one that was answered so.
    pub(super) target: String,
    pub(super) answer: Answer,
}

/// Everything to measure.
pub(super) struct Plan {
    pub(super) lines: Vec<Line>,
    /// What the bare servers answer.
    pub(super) constants: Vec<(Read, Constant)>,
    /// What cannot be measured, and why.
    pub(super) left_out: Vec<String>,
    /// Whether a product that was read before is answered with `X-Cache-Hit: true`.
    pub(super) has_hits: bool,
    callers: u32,
}

impl Plan {
    /// Looks at the services' answers and plans what can be measured.
    pub(super) fn make(services: &Services, common: &Common, names: &str) -> Result<Self, Failure> {
        let &Common { callers, products: count, .. } = common;
        let mut plan =
            Self { lines: Vec::new(), constants: Vec::new(), left_out: Vec::new(), has_hits: false, callers };
        let mut cached = Survey::new(services.cached.address)?;
        let mut uncached = Survey::new(services.uncached.address)?;
        let products = cached.products(count)?;
        plan.products(&mut cached, &products)?;
        plan.unchanged(&mut cached, &products)?;
        plan.lists(&mut cached, &mut uncached)?;
        plan.pages(&mut uncached, count)?;
        plan.search(&mut Survey::new(services.catalogue.address)?, names)?;
        Ok(plan)
    }

    /// Adds pgbench, once it is known how many callers it is fastest with.
    pub(super) fn limit(&mut self, callers: u32) {
        let subject = Subject::new(Read::Product, Server::Pgbench);
        let beside = |line: &Line| line.subject == Subject::new(Read::Product, Server::Uncached);
        let place = self.lines.iter().position(beside).map_or(self.lines.len(), |place| place + 1);
        self.lines.insert(place, Line { subject, callers, source: Source::Pgbench });
    }

    /// Single products: from the cache, with many callers and with one, from the bare server, and without a cache.
    fn products(&mut self, cached: &mut Survey, products: &[Product]) -> Result<(), Failure> {
        let questions = || {
            let mut questions = Questions::default();
            for &Product { id, length, .. } in products {
                let content = Content::Product(id);
                questions.add(&target(id), &[], Expected { status: OK, length: Some(length), content })?;
            }
            Ok::<_, Failure>(questions)
        };
        let typical = target(typical_id(products)?);
        let answer = cached.settled(&typical, &[], OK)?;
        self.has_hits = answer.field(CACHE_HIT) == Some("true");
        self.add(Read::Product, Server::Service, questions()?);
        self.lines.push(Line {
            subject: Subject::new(Read::Product, Server::Service),
            callers: 1,
            source: Source::Http(questions()?),
        });
        let mut constant = Questions::default();
        let expected = Expected { status: OK, length: Some(answer.body.len()), content: Content::Any };
        for product in products {
            constant.add(&target(product.id), &[], expected)?;
        }
        self.bare(Read::Product, Constant { route: ITEM, target: typical, answer }, constant);
        self.add(Read::Product, Server::Uncached, questions()?);
        Ok(())
    }

    /// Products for those who have them already.
    fn unchanged(&mut self, cached: &mut Survey, products: &[Product]) -> Result<(), Failure> {
        let read = Read::Unchanged;
        let tags: Option<Vec<(u64, &str)>> =
            products.iter().map(|product| Some((product.id, product.etag.as_deref()?))).collect();
        let Some(tags) = tags else {
            self.left_out.push(format!("{}: products are answered with no ETag", read.title()));
            return Ok(());
        };
        let expected = Expected { status: NOT_MODIFIED, length: Some(0), content: Content::Any };
        let questions = || {
            let mut questions = Questions::default();
            for (id, tag) in &tags {
                questions.add(&target(*id), &[(IF_NONE_MATCH, tag)], expected)?;
            }
            Ok::<_, Failure>(questions)
        };
        let id = typical_id(products)?;
        let tag = tags.iter().find(|(other, _)| *other == id).map(|(_, tag)| *tag).unwrap_or_default();
        let answer = cached.settled(&target(id), &[(IF_NONE_MATCH, tag)], NOT_MODIFIED)?;
        self.add(read, Server::Service, questions()?);
        self.bare(read, Constant { route: ITEM, target: target(id), answer }, questions()?);
        Ok(())
    }

    /// Lists, short ones and long ones.
    fn lists(&mut self, cached: &mut Survey, uncached: &mut Survey) -> Result<(), Failure> {
        let answer = cached.settled(PAGE, &[], OK)?;
        self.add(Read::List, Server::Service, page(PAGE, &answer)?);
        let constant = page(PAGE, &answer)?;
        self.bare(Read::List, Constant { route: LIST, target: PAGE.to_owned(), answer }, constant);
        let answer = cached.settled(LONG_PAGE, &[], OK)?;
        self.add(Read::LongList, Server::Service, page(LONG_PAGE, &answer)?);
        let answer = uncached.settled(LONG_PAGE, &[], OK)?;
        self.add(Read::LongList, Server::Uncached, page(LONG_PAGE, &answer)?);
        Ok(())
    }

    /// The beginning of a walk through all products, and a page late in it.
    fn pages(&mut self, uncached: &mut Survey, products: u64) -> Result<(), Failure> {
        let answer = uncached.settled(PAGE, &[], OK)?;
        if answer.field(CACHE_HIT) == Some("true") {
            return Err(Failure::run("a service whose cache is off answers from it"));
        }
        self.add(Read::FirstPage, Server::Uncached, page(PAGE, &answer)?);
        match uncached.page(PAGE, DEEP.min(products / ROWS))? {
            Ok(target) => {
                let answer = uncached.settled(&target, &[], OK)?;
                self.add(Read::DeepPage, Server::Uncached, page(&target, &answer)?);
            }
            Err(reason) => self.left_out.push(format!("{}: {reason}", Read::DeepPage.title())),
        }
        Ok(())
    }

    /// Searches for words of these names, one a line.
    fn search(&mut self, catalogue: &mut Survey, names: &str) -> Result<(), Failure> {
        let names: Vec<&str> = names.lines().collect();
        let mut questions = Questions::default();
        let expected = Expected { status: OK, length: None, content: Content::Json };
        let queries = vocabulary::queries(&names, &mut fastrand::Rng::new());
        for query in &queries {
            questions.add(&vocabulary::target(query), &[], expected)?;
        }
        let first = queries.first().map(|query| vocabulary::target(query));
        let first = first.ok_or_else(|| Failure::run("the catalogue has no names to search for"))?;
        let Answer { status, body, .. } = catalogue.get(&first, &[])?;
        match status {
            OK => {
                let subject = Subject::new(Read::Search, Server::Uncached);
                self.lines.push(Line { subject, callers: SEARCHERS, source: Source::Http(questions) });
                Ok(())
            }
            _ if NO_SUCH_PATH.contains(&status) => {
                let title = Read::Search.title();
                self.left_out.push(format!("{title}: GET {first} is answered {status}"));
                Ok(())
            }
            _ => Err(Failure::run(format!("GET {first} is answered {status}: {body}"))),
        }
    }

    fn add(&mut self, read: Read, server: Server, questions: Questions) {
        let subject = Subject::new(read, server);
        self.lines.push(Line { subject, callers: self.callers, source: Source::Http(questions) });
    }

    /// A bare server with this answer to these questions.
    fn bare(&mut self, read: Read, constant: Constant, questions: Questions) {
        self.constants.push((read, constant));
        self.add(read, Server::Bare, questions);
    }
}

fn typical_id(products: &[Product]) -> Result<u64, Failure> {
    let product = typical(products).ok_or_else(|| Failure::run("there are no products"))?;
    Ok(product.id)
}

/// One list, whose answer is always the same.
fn page(target: &str, answer: &Answer) -> Result<Questions, Failure> {
    let first = first_id(answer.body.as_bytes());
    let first = first.ok_or_else(|| Failure::run(format!("GET {target} is answered with no products")))?;
    let mut questions = Questions::default();
    let length = Some(answer.body.len());
    questions.add(target, &[], Expected { status: OK, length, content: Content::Product(first) })?;
    Ok(questions)
}
