//! The form of values in Redis: what tells that the bytes are whole, of this format, and how long they took to load.

use std::time::Duration;

use bytes::{Buf, BufMut, Bytes};

use crate::Value;

/// Changes whenever the frame does. Processes of different formats do not believe each other's values, but invalidate
/// them: names are the same.
const MAGIC: &[u8; 4] = b"SRC1";
/// Magic, checksum, cost, presence.
const HEAD: usize = 4 + 4 + 4 + 1;

/// A value as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame<V> {
    pub(crate) value: Option<V>,
    pub(crate) cost: Duration,
}

impl<V: Value> Frame<V> {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD + self.value.as_ref().map_or(0, Value::weight));
        out.put_slice(MAGIC);
        out.put_u32(0);
        out.put_u32(u32::try_from(self.cost.as_micros()).unwrap_or(u32::MAX));
        out.put_u8(u8::from(self.value.is_some()));
        if let Some(value) = &self.value {
            value.encode(&mut out);
        }
        let checksum = crc32fast::hash(&out[8..]);
        out[4..8].copy_from_slice(&checksum.to_be_bytes());
        out
    }

    pub(crate) fn decode(mut bytes: Bytes) -> Option<Self> {
        if bytes.len() < HEAD || !bytes.starts_with(MAGIC) {
            return None;
        }
        bytes.advance(MAGIC.len());
        if bytes.get_u32() != crc32fast::hash(&bytes) {
            return None;
        }
        let cost = Duration::from_micros(bytes.get_u32().into());
        let value = match bytes.get_u8() {
            0 if bytes.is_empty() => None,
            1 => Some(V::decode(bytes)?),
            _ => return None,
        };
        Some(Self { value, cost })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Eq)]
    struct Text(Bytes);

    impl Value for Text {
        fn weight(&self) -> usize {
            self.0.len()
        }

        fn encode(&self, out: &mut Vec<u8>) {
            out.extend_from_slice(&self.0);
        }

        fn decode(bytes: Bytes) -> Option<Self> {
            Some(Self(bytes))
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for value in [None, Some(Text(Bytes::new())), Some(Text(Bytes::from_static(b"a mug")))] {
            let frame = Frame { value, cost: Duration::from_micros(1234) };
            assert_eq!(Frame::decode(frame.encode().into()), Some(frame));
        }
    }

    #[test]
    fn garbage_is_not_believed() {
        let frame = Frame { value: Some(Text(Bytes::from_static(b"a mug"))), cost: Duration::ZERO }.encode();
        for end in 0..frame.len() {
            assert_eq!(Frame::<Text>::decode(Bytes::copy_from_slice(&frame[..end])), None, "cut at {end}");
        }
        for place in 0..frame.len() {
            let mut changed = frame.clone();
            changed[place] ^= 1;
            assert_eq!(Frame::<Text>::decode(changed.into()), None, "changed at {place}");
        }
    }
}
