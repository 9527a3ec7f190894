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

/// Who orders, and how they prove it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Buyer {
    pub(crate) id: u64,
    /// A whole header line, such as `Authorization: Bearer ...`; nothing where nobody asks for it.
    pub(crate) proof: String,
}

/// Draws orders.
pub(crate) struct Orders {
    /// First and last product of each line.
    ranges: Vec<(u64, u64)>,
    buyers: Vec<Buyer>,
    random: Rng,
    body: Vec<u8>,
}

impl Orders {
    /// Orders of any client of a shop that asks nobody who they are.
    pub(crate) fn new(workload: Workload, products: u64) -> Self {
        let buyers = (1..=CLIENTS).map(|id| Buyer { id, proof: String::new() });
        Self::of(workload, products, buyers.collect())
    }

    /// Orders of these buyers alone.
    pub(crate) fn of(workload: Workload, products: u64, buyers: Vec<Buyer>) -> Self {
        Self { ranges: workload.ranges(products), buyers, random: Rng::new(), body: Vec::new() }
    }

    /// Writes the body of an order, and says which of the buyers it is of.
    fn write_body(&mut self) -> io::Result<usize> {
        let number = self.random.usize(..self.buyers.len().max(1));
        let buyer = self.buyers.get(number).ok_or_else(|| io::Error::other("there is nobody who buys"))?;
        let body = &mut self.body;
        body.clear();
        write!(body, r#"{{"client_id":{},"lines":["#, buyer.id)?;
        for (index, (first, last)) in self.ranges.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let product = self.random.u64(*first..=*last);
            write!(body, r#"{comma}{{"product_id":{product},"quantity":1}}"#)?;
        }
        write!(body, r#"],"delivery_method":3,"payment_type":2}}"#)?;
        Ok(number)
    }
}

impl Requests for Orders {
    fn write(&mut self, request: &mut Vec<u8>) -> io::Result<usize> {
        let buyer = self.write_body()?;
        let mut key = [0; Hyphenated::LENGTH];
        let bytes = self.random.u128(..).to_be_bytes();
        let key = Builder::from_random_bytes(bytes).into_uuid().hyphenated().encode_lower(&mut key);

        request.clear();
        request.extend_from_slice(HEAD);
        request.extend_from_slice(key.as_bytes());
        if let Some(Buyer { proof, .. }) = self.buyers.get(buyer).filter(|buyer| !buyer.proof.is_empty()) {
            request.extend_from_slice(b"\r\n");
            request.extend_from_slice(proof.as_bytes());
        }
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
        let mut orders = Orders::new(Workload::ThreeSpread, 1_000);
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

    #[test]
    fn an_order_is_that_of_a_buyer_who_proves_it() {
        let buyers = vec![Buyer { id: 7, proof: "Authorization: Bearer x.y.z".to_owned() }];
        let mut request = Vec::new();
        Orders::of(Workload::Hot, 1_000, buyers).write(&mut request).unwrap();
        let request = String::from_utf8(request).unwrap();
        assert!(request.contains("\r\nAuthorization: Bearer x.y.z\r\nContent-Length: "), "{request}");
        assert!(request.contains(r#"{"client_id":7,"#), "{request}");
        assert!(Orders::of(Workload::Hot, 1_000, Vec::new()).write(&mut Vec::new()).is_err());
    }
}
