//! What is asked for: sign-ins, products with and without a proof of who asks, and lists that no cache holds.

use std::{
    borrow::Cow,
    io,
    sync::atomic::{AtomicU64, Ordering},
};

use fastrand::Rng;
use memchr::memmem::Finder;

use crate::{
    checkout::{orders::Buyer, workload::CLIENTS},
    client::{write_post, write_request},
    failure::Failure,
    generator::Requests,
    reads::{
        questions::{Content, Expected, Questions, first_id},
        survey::{Product, target},
    },
};

use super::accounts::credentials;

const OK: u16 = 200;
/// Prices that a list may begin at, in cents: all products are beyond them.
const CENTS: u64 = 9_999;

/// Any account signs in.
pub(super) struct SignIns {
    random: Rng,
    token: Finder<'static>,
}

impl SignIns {
    pub(super) fn new() -> Self {
        Self { random: Rng::new(), token: Finder::new(b"\"access_token\":\"") }
    }
}

impl Requests for SignIns {
    fn write(&mut self, request: &mut Vec<u8>) -> io::Result<usize> {
        request.clear();
        write_post(request, "/auth/login", &[], &credentials(self.random.u64(1..=CLIENTS)))?;
        // Whoever signs in is answered like any other.
        Ok(0)
    }

    fn refusal(&mut self, _: usize, status: u16, body: &[u8]) -> Option<Cow<'static, str>> {
        if status != OK {
            return Some(status.to_string().into());
        }
        self.token.find(body).is_none().then_some("an answer without a token".into())
    }
}

/// Lists of products, each another one than those before.
pub(super) struct Lists<'a> {
    asked: &'a AtomicU64,
}

impl<'a> Lists<'a> {
    /// Goes on after so many that were asked for before.
    pub(super) fn after(asked: &'a AtomicU64) -> Self {
        Self { asked }
    }
}

impl Requests for Lists<'_> {
    fn write(&mut self, request: &mut Vec<u8>) -> io::Result<usize> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let (cents, skip) = (1 + asked % CENTS, asked / CENTS);
        request.clear();
        let (units, cents) = (cents / 100, cents % 100);
        let target =
            format!("/products/filter?min_price={units}.{cents:02}&sort_by=price_asc&limit=20&skip={skip}");
        write_request(request, &target, &[])?;
        Ok(0)
    }

    fn refusal(&mut self, _: usize, status: u16, body: &[u8]) -> Option<Cow<'static, str>> {
        if status != OK {
            return Some(status.to_string().into());
        }
        first_id(body).is_none().then_some("a list with no products".into())
    }
}

/// Reads of all products, each by one of these people; by nobody, where there are none.
pub(super) fn products(products: &[Product], readers: &[Buyer]) -> Result<Questions, Failure> {
    let mut questions = Questions::default();
    let mut next = readers.iter().cycle();
    for &Product { id, length, .. } in products {
        let expected = Expected { status: OK, length: Some(length), content: Content::Product(id) };
        let proof = next.next().and_then(|reader| reader.proof.split_once(": "));
        questions.add(&target(id), proof.as_slice(), expected)?;
    }
    Ok(questions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(requests: &mut impl Requests) -> String {
        let mut request = Vec::new();
        requests.write(&mut request).unwrap();
        String::from_utf8(request).unwrap()
    }

    #[test]
    fn no_list_is_asked_for_twice() {
        let asked = AtomicU64::new(0);
        let mut lists = Lists::after(&asked);
        assert!(written(&mut lists).contains("min_price=0.01&sort_by=price_asc&limit=20&skip=0 "));
        asked.store(2 * CENTS - 1, Ordering::Relaxed);
        assert!(written(&mut lists).contains("min_price=99.99&sort_by=price_asc&limit=20&skip=1 "));
        assert_eq!(lists.refusal(0, 200, b"[]").as_deref(), Some("a list with no products"));
        assert_eq!(lists.refusal(0, 200, br#"[{"id_key":7}]"#), None);
        assert_eq!(lists.refusal(0, 503, b"").as_deref(), Some("503"));
    }

    #[test]
    fn who_has_signed_in_has_a_token() {
        let mut sign_ins = SignIns::new();
        assert!(written(&mut sign_ins).starts_with("POST /auth/login HTTP/1.1\r\n"));
        assert_eq!(sign_ins.refusal(0, 200, br#"{"access_token":"x"}"#), None);
        assert_eq!(sign_ins.refusal(0, 200, b"{}").as_deref(), Some("an answer without a token"));
        assert_eq!(sign_ins.refusal(0, 401, b"").as_deref(), Some("401"));
    }

    #[test]
    fn readers_take_turns() {
        let product = |id| Product { id, length: 1, etag: None };
        let reader = |proof: &str| Buyer { id: 1, proof: proof.to_owned() };
        let read = |readers: &[Buyer]| written(&mut products(&[product(7)], readers).unwrap().asked());
        assert_eq!(read(&[]), "GET /products/7 HTTP/1.1\r\nHost: stockroom\r\n\r\n");
        let expected = "GET /products/7 HTTP/1.1\r\nHost: stockroom\r\nX-API-Key: sk\r\n\r\n";
        assert_eq!(read(&[reader("X-API-Key: sk")]), expected);
    }
}
