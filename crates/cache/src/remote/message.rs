//! What processes tell each other: who speaks, which namespaces ended, and the names of values that changed.

use crate::key::Namespaces;

pub(crate) struct Message<'a> {
    pub(crate) sender: &'a str,
    pub(crate) namespaces: Namespaces,
    pub(crate) names: Vec<&'a str>,
}

impl<'a> Message<'a> {
    pub(crate) fn write(sender: &str, namespaces: Namespaces, names: &[String]) -> String {
        let mut text = format!("{sender}\n{}", namespaces.bits());
        for name in names {
            text.push('\n');
            text.push_str(name);
        }
        text
    }

    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let mut lines = text.split('\n');
        let sender = lines.next()?;
        let namespaces = Namespaces::from_bits(lines.next()?.parse().ok()?);
        Some(Self { sender, namespaces, names: lines.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let names = ["product:1".to_owned(), "product:2".to_owned()];
        let text = Message::write("me", Namespaces::from_bits(5), &names);
        let message = Message::read(&text).unwrap();
        assert_eq!((message.sender, message.namespaces.bits()), ("me", 5));
        assert_eq!(message.names, names);
        assert!(Message::read(&Message::write("me", Namespaces::ALL, &[])).unwrap().names.is_empty());
        assert!(Message::read("me").is_none());
        assert!(Message::read("me\nx").is_none());
    }
}
