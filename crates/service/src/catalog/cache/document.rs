//! A rendered answer.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::{Buf, BufMut, Bytes};
use sha2::{Digest, Sha256};

/// Length of a tag: 22 characters for 128 bits, and quotes.
const TAG: usize = 24;

/// What a read shows, rendered once. Cheap to clone: it is one piece of memory, so that reading one that was not read for
/// long waits for memory once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The tag, what is told beside the body (as lines of a name, a colon, a blank and a value), the body.
    bytes: Bytes,
    /// Where the body begins.
    body: usize,
}

/// A document, and whether it was there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The document.
    pub document: Document,
    /// Whether it did not have to be rendered.
    pub hit: bool,
}

impl Document {
    /// A body, and what is told beside it.
    pub fn new(body: &[u8], notes: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let line = |(name, value): (&str, String)| format!("{name}: {value}\n");
        let notes: String = notes.into_iter().map(line).collect();
        let tag = tag(&[body, notes.as_bytes()]);
        let bytes = [tag.as_bytes(), notes.as_bytes(), body].concat();
        Self { bytes: bytes.into(), body: tag.len() + notes.len() }
    }

    /// What is shown.
    pub fn body(&self) -> Bytes {
        self.bytes.slice(self.body..)
    }

    /// The quoted name of exactly this content, as an entity tag has it: 128 bits of its SHA-256.
    pub fn tag(&self) -> Bytes {
        self.bytes.slice(..TAG)
    }

    /// A body alone.
    pub fn item(body: &[u8]) -> Self {
        Self::new(body, [])
    }

    /// What is told beside the body.
    pub fn notes(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = std::str::from_utf8(&self.bytes[TAG..self.body]).unwrap_or_default().lines();
        lines.filter_map(|line| line.split_once(": "))
    }
}

/// What a caller who wants to change something has seen of it.
pub struct Seen<V> {
    /// The tags of what it has seen; it may know several.
    pub tags: Vec<String>,
    /// How it was shown.
    pub render: fn(V) -> Vec<u8>,
}

impl<V> Seen<V> {
    /// Whether this is what was seen.
    pub(crate) fn is(&self, current: V) -> bool {
        let current = Document::item(&(self.render)(current)).tag();
        self.tags.iter().any(|tag| tag.as_bytes() == current)
    }
}

/// A name for exactly this content.
fn tag(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut text = String::with_capacity(TAG);
    text.push('"');
    URL_SAFE_NO_PAD.encode_string(&hash.finalize()[..16], &mut text);
    text.push('"');
    text
}

impl stockroom_cache::Value for Document {
    fn weight(&self) -> usize {
        self.bytes.len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.put_u32(u32::try_from(self.body).unwrap_or(u32::MAX));
        out.put_slice(&self.bytes);
    }

    fn decode(mut bytes: Bytes) -> Option<Self> {
        let body = usize::try_from(bytes.try_get_u32().ok()?).ok()?;
        (TAG..=bytes.len()).contains(&body).then_some(Self { bytes, body })
    }
}

#[cfg(test)]
mod tests {
    use stockroom_cache::Value;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let notes = [("Link", "<?after=a: b>".to_owned()), ("X-Total-Count", "7".to_owned())];
        let document = Document::new(b"{}", notes.clone());
        assert!(document.notes().eq(notes.iter().map(|(name, value)| (*name, value.as_str()))));
        let mut bytes = Vec::new();
        document.encode(&mut bytes);
        assert_eq!(Document::decode(bytes.into()), Some(document));
        assert_eq!(Document::decode(Bytes::from_static(&[0, 0, 0, 9, 1])), None);
        assert_eq!(Document::decode(Bytes::new()), None);
    }

    #[test]
    fn the_same_content_has_the_same_tag() {
        assert_eq!(Document::item(b"a").tag(), Document::item(b"a").tag());
        assert_ne!(Document::item(b"a").tag(), Document::item(b"b").tag());
        assert_eq!(Document::item(b"a").tag().len(), 24);
    }
}
