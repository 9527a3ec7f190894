//! Writes requests: the head as it always is, a new key, and an order drawn at random.

use std::{
    borrow::Cow,
    io::{self, Write},
};

use fastrand::Rng;
use uuid::{Builder, fmt::Hyphenated};

use crate::generator::Requests;

use super::workload::{CLIENTS, Workload};

const HEAD: &[u8] =
    b"POST /checkout HTTP/1.1\r\nHost: stockroom\r\nContent-Type: application/json\r\nIdempotency-Key: ";
const LENGTH: &[u8] = b"\r\nContent-Length: ";

/// What an order that was placed is answered with.
const CREATED: u16 = 201;

/// Draws orders.
pub(crate) struct Orders {
    workload: Workload,
    random: Rng,
    body: Vec<u8>,
}

impl Orders {
    pub(crate) fn new(workload: Workload) -> Self {
        Self { workload, random: Rng::new(), body: Vec::new() }
    }

    fn write_body(&mut self) -> io::Result<()> {
        let body = &mut self.body;
        body.clear();
        write!(body, r#"{{"client_id":{},"lines":["#, self.random.u64(1..=CLIENTS))?;
        for (index, (first, last)) in self.workload.ranges().iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let product = self.random.u64(first..=last);
            write!(body, r#"{comma}{{"product_id":{product},"quantity":1}}"#)?;
        }
        write!(body, r#"],"delivery_method":3,"payment_type":2}}"#)
    }
}

impl Requests for Orders {
    fn write(&mut self, request: &mut Vec<u8>) -> io::Result<usize> {
        self.write_body()?;
        let mut key = [0; Hyphenated::LENGTH];
        let bytes = self.random.u128(..).to_be_bytes();
        let key = Builder::from_random_bytes(bytes).into_uuid().hyphenated().encode_lower(&mut key);

        request.clear();
        request.extend_from_slice(HEAD);
        request.extend_from_slice(key.as_bytes());
        request.extend_from_slice(LENGTH);
        write!(request, "{}\r\n\r\n", self.body.len())?;
        request.extend_from_slice(&self.body);
        // Any order is answered like any other.
        Ok(0)
    }

    fn refusal(&mut self, _: usize, status: u16, _: &[u8]) -> Option<Cow<'static, str>> {
        (status != CREATED).then(|| status.to_string().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_a_key_of_its_own_and_the_length_of_its_body() {
        let mut orders = Orders::new(Workload::ThreeSpread);
        let texts = [(); 2].map(|()| {
            let mut request = Vec::new();
            orders.write(&mut request).unwrap();
            String::from_utf8(request).unwrap()
        });
        let key = |text: &str| text.split("Idempotency-Key: ").nth(1).unwrap()[..36].to_owned();
        assert_ne!(key(&texts[0]), key(&texts[1]));
        let (head, body) = texts[0].split_once("\r\n\r\n").unwrap();
        assert!(head.ends_with(&format!("Content-Length: {}", body.len())), "{head}");
        let order: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(order["lines"].as_array().unwrap().len(), 3);
    }
}
