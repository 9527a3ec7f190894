//! A user of the shop: draws requests from a deck that holds the mix, and knows what each has to be answered with.
//!
//! Who it is decides the order of requests and what they name, so the same user does the same in every run. Keys of orders
//! are new ones each time, or an order would be the repetition of an earlier one.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use fastrand::Rng;
use uuid::{Builder, fmt::Hyphenated};

use crate::{
    checkout::workload::CLIENTS,
    client::{write_post, write_request},
    generator::Requests,
    reads::{
        questions::{Content, Expected},
        survey::target,
    },
};

use super::subject::Kind;

/// Rows of a page.
pub(super) const ROWS: u64 = 20;
/// One of so many answers is read: reading all of them would cost the generator more than most cost the service.
const READ: u32 = 32;
/// Categories that the shop has; their ids are 1 to this.
const CATEGORIES: u64 = 10;
/// Lines of an order at most.
const LINES: usize = 3;
const ORDERS: [&str; 5] = ["price_asc", "price_desc", "name_asc", "name_desc", "newest"];
/// What filters begin at and end at, in whole units; products cost 1 to 100.
const PRICES: [&str; 4] = ["", "&max_price=20", "&min_price=20&max_price=60", "&min_price=60"];
const COMMENT: &str = "Does what it should, and arrived within two days.";
const OK: u16 = 200;
const CREATED: u16 = 201;

/// Somebody who uses the shop.
pub(super) struct Visitor<'a> {
    /// Products that the shop has; their ids are 1 to this.
    products: u64,
    /// Where the pages after the first begin, by cursor.
    pages: &'a [String],
    random: Rng,
    keys: Rng,
    deck: Vec<Kind>,
    /// Of the answer that is waited for.
    expected: Expected,
}

impl<'a> Visitor<'a> {
    /// The one with this number.
    pub(super) fn new(number: u64, products: u64, pages: &'a [String]) -> Self {
        let expected = Expected { status: OK, length: None, content: Content::Any };
        Self { products, pages, random: Rng::with_seed(number), keys: Rng::new(), deck: Vec::new(), expected }
    }

    /// The next kind of the deck; when there is none, the whole mix is shuffled anew.
    fn draw(&mut self) -> Kind {
        if self.deck.is_empty() {
            self.deck = Kind::ALL.into_iter().flat_map(|kind| [kind].repeat(kind.share())).collect();
            self.random.shuffle(&mut self.deck);
        }
        self.deck.pop().unwrap_or(Kind::Health)
    }

    fn get(&mut self, request: &mut Vec<u8>, target: &str, content: Content) -> io::Result<()> {
        self.expected = Expected { status: OK, length: None, content };
        write_request(request, target, &[])
    }

    fn create(
        &mut self,
        request: &mut Vec<u8>,
        target: &str,
        fields: &[(&str, &str)],
        body: &str,
    ) -> io::Result<()> {
        self.expected = Expected { status: CREATED, length: None, content: Content::Json };
        write_post(request, target, fields, body)
    }

    fn deep_page(&mut self, request: &mut Vec<u8>) -> io::Result<()> {
        let page = self.random.usize(..self.pages.len().max(1));
        let first = (page as u64 + 1) * ROWS + 1;
        let skipping = format!("/products?limit={ROWS}&skip={}", first - 1);
        let pages = self.pages;
        let target = pages.get(page).filter(|_| self.random.bool()).unwrap_or(&skipping);
        self.get(request, target, Content::Product(first))
    }

    fn filtered(&mut self, request: &mut Vec<u8>) -> io::Result<()> {
        let category = self.random.u64(1..=CATEGORIES);
        let order = self.random.choice(ORDERS).unwrap_or_default();
        let prices = self.random.choice(PRICES).unwrap_or_default();
        let target = format!("/products/filter?category_id={category}&sort_by={order}{prices}&limit={ROWS}");
        self.get(request, &target, Content::Rows)
    }

    fn new_product(&mut self, request: &mut Vec<u8>) -> io::Result<()> {
        let (number, cents) = (self.random.u32(..), self.random.u32(100..10_000));
        let category = self.random.u64(1..=CATEGORIES);
        let (units, cents) = (cents / 100, cents % 100);
        let body = format!(
            r#"{{"name":"Novelty {number}","price":{units}.{cents:02},"stock":100,"category_id":{category}}}"#
        );
        self.create(request, "/products", &[], &body)
    }

    fn new_review(&mut self, request: &mut Vec<u8>) -> io::Result<()> {
        let (product, client) = (popular(self.products, &mut self.random), self.random.u64(1..=CLIENTS));
        let rating = self.random.u8(1..=5);
        let body = format!(
            r#"{{"rating":{rating},"comment":"{COMMENT}","product_id":{product},"client_id":{client}}}"#
        );
        self.create(request, "/reviews", &[], &body)
    }

    fn order(&mut self, request: &mut Vec<u8>) -> io::Result<()> {
        let lines = self.random.usize(1..=LINES);
        let mut products = Vec::with_capacity(lines);
        while products.len() < lines {
            let product = popular(self.products, &mut self.random);
            if !products.contains(&product) {
                products.push(product);
            }
        }
        let mut body = Vec::new();
        write!(body, r#"{{"client_id":{},"lines":["#, self.random.u64(1..=CLIENTS))?;
        for (index, product) in products.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let quantity = self.random.u8(1..=3);
            write!(body, r#"{comma}{{"product_id":{product},"quantity":{quantity}}}"#)?;
        }
        write!(body, r#"],"delivery_method":3,"payment_type":2}}"#)?;
        let body = String::from_utf8(body).map_err(io::Error::other)?;
        let mut key = [0; Hyphenated::LENGTH];
        let bytes = self.keys.u128(..).to_be_bytes();
        let key = Builder::from_random_bytes(bytes).into_uuid().hyphenated().encode_lower(&mut key);
        self.create(request, "/checkout", &[("Idempotency-Key", key)], &body)
    }
}

impl Requests for Visitor<'_> {
    fn write(&mut self, request: &mut Vec<u8>) -> io::Result<usize> {
        request.clear();
        let kind = self.draw();
        match kind {
            Kind::FirstPage => {
                self.get(request, &format!("/products?limit={ROWS}"), Content::Product(1))?;
            }
            Kind::DeepPage => self.deep_page(request)?,
            Kind::Filtered => self.filtered(request)?,
            Kind::Categories => self.get(request, "/categories", Content::Rows)?,
            Kind::Item => {
                let product = popular(self.products, &mut self.random);
                self.get(request, &target(product), Content::Product(product))?;
            }
            Kind::Health => self.get(request, "/health_check", Content::Json)?,
            Kind::NewProduct => self.new_product(request)?,
            Kind::NewReview => self.new_review(request)?,
            Kind::Order => self.order(request)?,
        }
        Ok(kind.number())
    }

    fn refusal(&mut self, number: usize, status: u16, body: &[u8]) -> Option<Cow<'static, str>> {
        let title = Kind::ALL.get(number).map_or("", |kind| kind.title());
        let Expected { status: expected, content, .. } = self.expected;
        if status != expected {
            return Some(format!("{title}: {status}").into());
        }
        let is_read = self.random.u32(..READ) == 0;
        (is_read && !content.is_in(body)).then(|| format!("{title}: an answer to another request").into())
    }
}

/// A product: the second is named half as often as the first, the third a third as often, and so on (Zipf's law).
fn popular(products: u64, random: &mut Rng) -> u64 {
    // Products are far fewer than 2^52.
    #[expect(clippy::cast_precision_loss, reason = "ids of products are small")]
    let drawn = ((products + 1) as f64).powf(random.f64());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is at least 1")]
    let product = drawn as u64;
    product.clamp(1, products)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCTS: u64 = 10_000;

    fn pages() -> Vec<String> {
        ["a", "b"].map(|cursor| format!("/products?limit=20&after={cursor}")).to_vec()
    }

    fn written(visitor: &mut Visitor<'_>) -> (Kind, String) {
        let mut request = Vec::new();
        let number = visitor.write(&mut request).unwrap();
        (Kind::ALL[number], String::from_utf8(request).unwrap())
    }

    #[test]
    fn forty_requests_are_the_whole_mix_and_every_user_has_an_order_of_their_own() {
        let pages = pages();
        let kinds = |number| {
            let mut visitor = Visitor::new(number, PRODUCTS, &pages);
            [(); 40].map(|()| written(&mut visitor).0)
        };
        for kind in Kind::ALL {
            let count = kinds(1).iter().filter(|drawn| **drawn == kind).count();
            assert_eq!(count, kind.share(), "{kind:?}");
        }
        assert_eq!(kinds(1), kinds(1));
        assert_ne!(kinds(1), kinds(2));
    }

    #[test]
    fn requests_are_well_formed() {
        let pages = pages();
        let mut visitor = Visitor::new(1, PRODUCTS, &pages);
        for _ in 0..4_000 {
            let (kind, request) = written(&mut visitor);
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            if head.starts_with("GET ") {
                assert_eq!(body, "", "{request}");
                continue;
            }
            assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{request}");
            let sent: serde_json::Value = serde_json::from_str(body).unwrap();
            assert_eq!(kind == Kind::Order, head.contains("Idempotency-Key: "), "{request}");
            let Some(lines) = sent["lines"].as_array() else { continue };
            let mut products: Vec<u64> =
                lines.iter().map(|line| line["product_id"].as_u64().unwrap()).collect();
            products.sort_unstable();
            products.dedup();
            assert!((1..=3).contains(&lines.len()) && products.len() == lines.len(), "{request}");
        }
    }

    #[test]
    fn the_same_user_never_uses_a_key_again() {
        let order = || {
            let mut request = Vec::new();
            Visitor::new(1, PRODUCTS, &[]).order(&mut request).unwrap();
            String::from_utf8(request).unwrap()
        };
        let key = |request: &str| request.split("Idempotency-Key: ").nth(1).unwrap()[..36].to_owned();
        let [one, other] = [order(), order()];
        assert_ne!(key(&one), key(&other));
        assert_eq!(one.replace(&key(&one), ""), other.replace(&key(&other), ""));
    }

    #[test]
    fn a_page_is_known_by_its_first_product_however_it_is_reached() {
        let pages = pages();
        let mut visitor = Visitor::new(1, PRODUCTS, &pages);
        let mut seen = Vec::new();
        for _ in 0..100 {
            let mut request = Vec::new();
            visitor.deep_page(&mut request).unwrap();
            let request = String::from_utf8(request).unwrap();
            let target = request.split(' ').nth(1).unwrap().split("limit=20&").nth(1).unwrap().to_owned();
            let Content::Product(first) = visitor.expected.content else { panic!("{target}") };
            seen.push((target, first));
        }
        seen.sort();
        seen.dedup();
        let seen: Vec<(&str, u64)> = seen.iter().map(|(target, first)| (target.as_str(), *first)).collect();
        assert_eq!(seen, [("after=a", 21), ("after=b", 41), ("skip=20", 21), ("skip=40", 41)]);
    }

    #[test]
    fn an_answer_is_refused_with_its_kind() {
        let mut visitor = Visitor::new(1, PRODUCTS, &[]);
        visitor.get(&mut Vec::new(), "/products/7", Content::Product(7)).unwrap();
        let item = Kind::Item.number();
        assert_eq!(visitor.refusal(item, 503, b"").as_deref(), Some("item: 503"));
        let mut refusal = |body: &[u8]| (0..1_000).find_map(|_| visitor.refusal(item, 200, body));
        assert_eq!(refusal(br#"{"id_key":7}"#), None);
        assert_eq!(refusal(br#"{"id_key":8}"#).as_deref(), Some("item: an answer to another request"));
    }

    #[test]
    fn few_products_are_named_often_and_all_can_be() {
        let mut random = Rng::with_seed(7);
        let mut drawn: Vec<u64> = (0..100_000).map(|_| popular(PRODUCTS, &mut random)).collect();
        let share = |products: u64| drawn.iter().filter(|id| **id <= products).count();
        // Half of what is named is among the first hundred of ten thousand.
        assert!((49_000..51_500).contains(&share(100)), "{}", share(100));
        assert_eq!(share(PRODUCTS), drawn.len());
        drawn.sort_unstable();
        assert!(drawn.first() == Some(&1) && drawn.last() > Some(&9_900), "{:?}", drawn.last());
    }
}
