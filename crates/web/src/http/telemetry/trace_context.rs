//! W3C Trace Context: which trace a request belongs to, as its caller says.

use std::fmt;

use actix_web::http::header::HeaderMap;

/// The longest `tracestate` that is passed on.
const LONGEST_STATE: usize = 512;

/// What a caller says of its trace: `traceparent` and `tracestate`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceParent {
    /// The caller's trace and span.
    pub ids: TraceIds,
    /// Whether the caller records it.
    pub sampled: bool,
    /// What others have added to it.
    pub state: Option<String>,
}

/// A span of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceIds {
    /// The trace; not 0.
    pub trace: u128,
    /// The span; not 0.
    pub span: u64,
}

impl TraceIds {
    /// Ids that nobody else has.
    pub(crate) fn random() -> Self {
        Self { trace: fastrand::u128(1..), span: fastrand::u64(1..) }
    }

    /// The trace as it is written.
    pub(crate) fn shown_trace(self) -> impl fmt::Display + Copy {
        Hex::<32>(self.trace)
    }

    /// The span as it is written.
    pub(crate) fn shown_span(self) -> impl fmt::Display + Copy {
        Hex::<16>(u128::from(self.span))
    }
}

#[derive(Clone, Copy)]
struct Hex<const DIGITS: usize>(u128);

impl<const DIGITS: usize> fmt::Display for Hex<DIGITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0DIGITS$x}", self.0)
    }
}

impl TraceParent {
    /// What the headers say; `None` when they say nothing, or nothing that can be understood.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut given = headers.get_all("traceparent");
        let (parent, None) = (given.next()?, given.next()) else { return None };
        let parent = Self::parse(parent.to_str().ok()?)?;
        let mut states = headers.get_all("tracestate").filter_map(|state| state.to_str().ok());
        let state = states.next().filter(|state| (1..=LONGEST_STATE).contains(&state.len()));
        // A list in several headers is as good as none: nobody has to pass it on.
        let state = state.filter(|_| states.next().is_none()).map(str::to_owned);
        Some(Self { state, ..parent })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(5, '-');
        let version = hex(parts.next()?, 2)?;
        let trace = hex(parts.next()?, 32)?;
        let span = u64::try_from(hex(parts.next()?, 16)?).ok()?;
        let flags = hex(parts.next()?, 2)?;
        // Later versions may append to what this one says.
        let more = parts.next().is_some();
        let sane = version != 0xff && (version != 0 || !more) && trace != 0 && span != 0;
        sane.then_some(Self { ids: TraceIds { trace, span }, sampled: flags & 1 == 1, state: None })
    }
}

/// A number of exactly so many digits, in lower case.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let sane = text.len() == digits && text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    sane.then(|| u128::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_parent_is_understood() {
        let parent = TraceParent::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").unwrap();
        assert_eq!(parent.ids.shown_trace().to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(parent.ids.shown_span().to_string(), "b7ad6b7169203331");
        assert!(parent.sampled);
        let later = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00-more";
        assert!(!TraceParent::parse(later).unwrap().sampled);
    }

    #[test]
    fn anything_else_is_as_good_as_nothing() {
        for text in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "+0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(TraceParent::parse(text), None, "{text}");
        }
    }
}
