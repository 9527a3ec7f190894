//! A rendered answer.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::{Buf, BufMut, Bytes};
use sha2::{Digest, Sha256};

/// What a read shows, rendered once. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What is shown.
    pub body: Bytes,
    /// The quoted name of exactly this content, as an entity tag has it: 128 bits of its SHA-256.
    pub tag: Bytes,
    /// What is told beside the body, as lines of a name, a colon, a blank and a value.
    notes: Bytes,
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
    pub fn new(body: Vec<u8>, notes: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let line = |(name, value): (&str, String)| format!("{name}: {value}\n");
        let notes: String = notes.into_iter().map(line).collect();
        let tag = tag(&[&body, notes.as_bytes()]);
        Self { body: body.into(), tag, notes: notes.into() }
    }

    /// A body alone.
    pub fn item(body: Vec<u8>) -> Self {
        Self::new(body, [])
    }

    /// What is told beside the body.
    pub fn notes(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = std::str::from_utf8(&self.notes).unwrap_or_default().lines();
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
        let current = Document::item((self.render)(current)).tag;
        self.tags.iter().any(|tag| tag.as_bytes() == current)
    }
}

/// A name for exactly this content.
fn tag(parts: &[&[u8]]) -> Bytes {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let mut text = String::with_capacity(24);
    text.push('"');
    URL_SAFE_NO_PAD.encode_string(&hash.finalize()[..16], &mut text);
    text.push('"');
    text.into()
}

impl stockroom_cache::Value for Document {
    fn weight(&self) -> usize {
        self.body.len() + self.tag.len() + self.notes.len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        for part in [&self.tag, &self.notes] {
            out.put_u32(u32::try_from(part.len()).unwrap_or(u32::MAX));
            out.put_slice(part);
        }
        out.put_slice(&self.body);
    }

    fn decode(mut bytes: Bytes) -> Option<Self> {
        let mut part = || {
            let length = usize::try_from(bytes.try_get_u32().ok()?).ok()?;
            (length <= bytes.len()).then(|| bytes.split_to(length))
        };
        let (tag, notes) = (part()?, part()?);
        Some(Self { body: bytes, tag, notes })
    }
}

#[cfg(test)]
mod tests {
    use stockroom_cache::Value;

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let notes = [("Link", "<?after=a: b>".to_owned()), ("X-Total-Count", "7".to_owned())];
        let document = Document::new(b"{}".to_vec(), notes.clone());
        assert!(document.notes().eq(notes.iter().map(|(name, value)| (*name, value.as_str()))));
        let mut bytes = Vec::new();
        document.encode(&mut bytes);
        assert_eq!(Document::decode(bytes.into()), Some(document));
        assert_eq!(Document::decode(Bytes::from_static(&[0, 0, 0, 9, 1])), None);
        assert_eq!(Document::decode(Bytes::new()), None);
    }

    #[test]
    fn the_same_content_has_the_same_tag() {
        assert_eq!(Document::item(b"a".to_vec()).tag, Document::item(b"a".to_vec()).tag);
        assert_ne!(Document::item(b"a".to_vec()).tag, Document::item(b"b".to_vec()).tag);
        assert_eq!(Document::item(b"a".to_vec()).tag.len(), 24);
    }
}
