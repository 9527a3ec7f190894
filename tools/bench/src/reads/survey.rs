//! What is looked at before anything is measured: answers of the service, from which it is known what to ask, what to
//! expect and what the bare server has to say.
//!
//! Looking at everything once also fills the service's cache.

use std::net::SocketAddr;

use crate::{
    client::{Answer, Client},
    failure::Failure,
};

use super::{links, questions::first_id};

const ETAG: &str = "etag";
const OK: u16 = 200;

/// A product as the service shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) id: u64,
    /// Bytes of the answer.
    pub(crate) length: usize,
    pub(crate) etag: Option<String>,
}

/// Asks one service.
pub(crate) struct Survey {
    client: Client,
}

impl Survey {
    pub(crate) fn new(address: SocketAddr) -> Result<Self, Failure> {
        let client = Client::connect(address).map_err(Failure::because("cannot connect to the service"))?;
        Ok(Self { client })
    }

    /// The answer to a request, whatever it is.
    pub(crate) fn get(&mut self, target: &str, fields: &[(&str, &str)]) -> Result<Answer, Failure> {
        self.client.get(target, fields).map_err(Failure::because("the service does not answer"))
    }

    /// The answer, which must have this status. It is that to a second request, as it is when things have settled.
    pub(crate) fn settled(
        &mut self,
        target: &str,
        fields: &[(&str, &str)],
        status: u16,
    ) -> Result<Answer, Failure> {
        self.get(target, fields)?;
        let answer = self.get(target, fields)?;
        expect(target, answer, status)
    }

    /// All products of a shop.
    pub(crate) fn products(&mut self, count: u64) -> Result<Vec<Product>, Failure> {
        let mut products = Vec::new();
        for id in 1..=count {
            let target = target(id);
            let answer = self.get(&target, &[])?;
            let answer = expect(&target, answer, OK)?;
            if first_id(answer.body.as_bytes()) != Some(id) {
                return Err(Failure::run(format!("GET {target} is answered with something else")));
            }
            products.push(Product {
                id,
                length: answer.body.len(),
                etag: answer.field(ETAG).map(ToOwned::to_owned),
            });
        }
        Ok(products)
    }

    /// The target of a page that is reached by following links from the first one, or why it is not.
    pub(crate) fn page(&mut self, first: &str, number: u64) -> Result<Result<String, String>, Failure> {
        let mut target = first.to_owned();
        for page in 1..number {
            let answer = self.get(&target, &[])?;
            let answer = expect(&target, answer, OK)?;
            let next = answer.field("link").and_then(|link| links::next(&target, link));
            let Some(next) = next else {
                return Ok(Err(format!("page {page} of GET {first} has no Link to the next one")));
            };
            target = next;
        }
        Ok(Ok(target))
    }
}

/// Where a product is.
pub(crate) fn target(id: u64) -> String {
    format!("/products/{id}")
}

/// The product whose answer is neither long nor short: the middle one by length.
pub(crate) fn typical(products: &[Product]) -> Option<&Product> {
    let mut sorted: Vec<&Product> = products.iter().collect();
    sorted.sort_by_key(|product| product.length);
    sorted.get(sorted.len() / 2).copied()
}

fn expect(target: &str, answer: Answer, status: u16) -> Result<Answer, Failure> {
    if answer.status == status {
        return Ok(answer);
    }
    let Answer { status: found, body, .. } = answer;
    Err(Failure::run(format!("GET {target} is answered {found} instead of {status}: {body}")))
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, BufRead, BufReader, Write},
        net::TcpListener,
        thread,
    };

    use super::*;

    /// Answers three pages of one product each, of which the first two link to the next.
    fn serve_pages(listener: &TcpListener) -> io::Result<()> {
        let (stream, _) = listener.accept()?;
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 {
            if let Some(rest) = line.strip_prefix("GET /products?limit=1") {
                let page: u32 =
                    rest.split_once("&after=").map_or(1, |(_, after)| after[..1].parse().unwrap());
                let next = format!("Link: <?limit=1&after={}>; rel=\"next\"\r\n", page + 1);
                let field = if page < 3 { next.as_str() } else { "" };
                write!(stream, "HTTP/1.1 200 OK\r\n{field}Content-Length: 2\r\n\r\n[]")?;
            }
            line.clear();
        }
        Ok(())
    }

    #[test]
    fn a_page_is_reached_by_links_as_far_as_they_go() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut survey = Survey::new(listener.local_addr().unwrap()).unwrap();
        thread::spawn(move || serve_pages(&listener));
        let mut page = |number| survey.page("/products?limit=1", number).unwrap();
        assert_eq!(page(1).as_deref(), Ok("/products?limit=1"));
        assert_eq!(page(3).as_deref(), Ok("/products?limit=1&after=3"));
        let reason = "page 3 of GET /products?limit=1 has no Link to the next one";
        assert_eq!(page(4).unwrap_err(), reason);
    }

    #[test]
    fn the_typical_product_is_the_one_in_the_middle() {
        let product = |id, length| Product { id, length, etag: None };
        let products = [product(1, 300), product(2, 100), product(3, 200)];
        assert_eq!(typical(&products), Some(&products[2]));
        assert_eq!(typical(&[]), None);
    }

    #[test]
    fn an_answer_of_another_status_is_told_with_its_body() {
        let answer = |status| Answer { status, fields: Vec::new(), body: "no".to_owned() };
        assert_eq!(expect("/products/1", answer(OK), OK).unwrap(), answer(OK));
        let told = expect("/products/1", answer(503), OK).unwrap_err().to_string();
        assert_eq!(told, "GET /products/1 is answered 503 instead of 200: no");
    }
}
