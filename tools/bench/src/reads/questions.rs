//! Requests written beforehand, each with what its answer has to be like.
//!
//! Status and length of every answer are compared; one of so many is read, because reading all of them would cost the
//! generator more than the answers cost the service.

use std::{borrow::Cow, io};

use fastrand::Rng;
use serde::{Deserialize, de::IgnoredAny};

use crate::{client::write_request, failure::Failure, generator::Requests};

/// One of so many answers is read.
const READ: u32 = 128;

/// A set of requests to choose from.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    /// One request after the other.
    bytes: Vec<u8>,
    all: Vec<Question>,
}

#[derive(Debug)]
struct Question {
    start: usize,
    end: usize,
    expected: Expected,
}

/// What an answer has to be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    /// Bytes of the body, where they are known.
    pub(crate) length: Option<usize>,
    pub(crate) content: Content,
}

/// What a body has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing in particular.
    Any,
    /// Some JSON.
    Json,
    /// A list that is not empty.
    Rows,
    /// The product with this id, or a list that begins with it.
    Product(u64),
}

/// A product, or the beginning of one.
#[derive(Deserialize)]
struct Row {
    id_key: u64,
}

impl Questions {
    pub(crate) fn add(
        &mut self,
        target: &str,
        fields: &[(&str, &str)],
        expected: Expected,
    ) -> Result<(), Failure> {
        let start = self.bytes.len();
        write_request(&mut self.bytes, target, fields).map_err(Failure::because("cannot write a request"))?;
        self.all.push(Question { start, end: self.bytes.len(), expected });
        Ok(())
    }

    /// Callers who ask these questions again and again, in any order.
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked { questions: self, random: Rng::new(), until_read: READ }
    }
}

impl Content {
    /// Whether a body holds it.
    pub(crate) fn is_in(self, body: &[u8]) -> bool {
        match self {
            Self::Any => true,
            Self::Json => serde_json::from_slice::<IgnoredAny>(body).is_ok(),
            Self::Rows => body.starts_with(b"[") && first_id(body).is_some(),
            Self::Product(id) => first_id(body) == Some(id),
        }
    }
}

/// The id of a product, or of the first of a list.
pub(crate) fn first_id(body: &[u8]) -> Option<u64> {
    let row = if body.starts_with(b"[") {
        serde_json::from_slice::<Vec<Row>>(body).ok()?.into_iter().next()
    } else {
        serde_json::from_slice(body).ok()
    };
    row.map(|row| row.id_key)
}

/// Questions drawn at random.
pub(crate) struct Asked<'a> {
    questions: &'a Questions,
    random: Rng,
    until_read: u32,
}

impl Requests for Asked<'_> {
    fn write(&mut self, request: &mut Vec<u8>) -> io::Result<usize> {
        let nothing = || io::Error::other("there is nothing to ask");
        let number = self.random.usize(..self.questions.all.len().max(1));
        let question = self.questions.all.get(number).ok_or_else(nothing)?;
        request.clear();
        request.extend_from_slice(&self.questions.bytes[question.start..question.end]);
        Ok(number)
    }

    fn refusal(&mut self, number: usize, status: u16, body: &[u8]) -> Option<Cow<'static, str>> {
        let expected = self.questions.all.get(number).map(|question| question.expected)?;
        if status != expected.status {
            return Some(status.to_string().into());
        }
        if expected.length.is_some_and(|length| length != body.len()) {
            return Some("an answer of another length".into());
        }
        self.until_read -= 1;
        if self.until_read > 0 {
            return None;
        }
        self.until_read = READ;
        (!expected.content.is_in(body)).then_some("an answer to another question".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(questions: &Questions) -> Asked<'_> {
        Asked { until_read: 1, ..questions.asked() }
    }

    #[test]
    fn every_question_is_asked() {
        let mut questions = Questions::default();
        let expected = Expected { status: 200, length: None, content: Content::Any };
        for id in 1..=3 {
            questions.add(&format!("/products/{id}"), &[], expected).unwrap();
        }
        let mut asked = questions.asked();
        let mut request = Vec::new();
        let mut seen = [0; 3];
        for _ in 0..1_000 {
            let number = asked.write(&mut request).unwrap();
            let line = format!("GET /products/{} HTTP/1.1\r\n", number + 1);
            assert!(request.starts_with(line.as_bytes()), "{number}");
            seen[number] += 1;
        }
        assert!(seen.iter().all(|times| *times > 200), "{seen:?}");
        assert!(Questions::default().asked().write(&mut request).is_err());
    }

    #[test]
    fn an_answer_has_the_status_the_length_and_the_product_that_were_asked_for() {
        let mut questions = Questions::default();
        let body = br#"{"name":"Mug","id_key":7}"#;
        let expected = Expected { status: 200, length: Some(body.len()), content: Content::Product(7) };
        questions.add("/products/7", &[], expected).unwrap();
        let refusal = |status, body: &[u8]| asked(&questions).refusal(0, status, body);
        assert_eq!(refusal(200, body), None);
        assert_eq!(refusal(404, body).as_deref(), Some("404"));
        assert_eq!(refusal(200, b"{}").as_deref(), Some("an answer of another length"));
        let other = br#"{"name":"Mug","id_key":8}"#;
        assert_eq!(refusal(200, other).as_deref(), Some("an answer to another question"));
    }

    #[test]
    fn one_answer_of_many_is_read() {
        let mut questions = Questions::default();
        let expected = Expected { status: 200, length: None, content: Content::Json };
        questions.add("/products/search?q=mug", &[], expected).unwrap();
        let mut asked = questions.asked();
        let refused: Vec<u32> = (1..=300).filter(|_| asked.refusal(0, 200, b"no JSON").is_some()).collect();
        assert_eq!(refused, [128, 256]);
    }

    #[test]
    fn a_list_is_known_by_its_first_product() {
        assert_eq!(first_id(br#"[{"id_key":21},{"id_key":22}]"#), Some(21));
        assert_eq!(first_id(br#"{"id_key":21}"#), Some(21));
        assert_eq!(first_id(b"[]"), None);
        assert!(Content::Rows.is_in(br#"[{"id_key":21}]"#));
        assert!(!Content::Rows.is_in(b"[]") && !Content::Rows.is_in(br#"{"id_key":21}"#));
        assert!(Content::Json.is_in(b"[]") && !Content::Json.is_in(b"[") && Content::Any.is_in(b""));
    }
}
