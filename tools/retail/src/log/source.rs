//! The file as a stream of text: opened, unpacked when it is compressed, measured, and limited.
//!
//! Compression is told by the first bytes, not by the file's name.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    rc::Rc,
};

use flate2::bufread::MultiGzDecoder;

/// What a gzip file begins with.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Bytes that one record may need: room for any honest one, and a bound on memory when a quote is never closed.
const MOST_BYTES_PER_RECORD: u64 = 1024 * 1024;

/// An opened file.
pub(super) struct Source {
    /// Its text.
    pub(super) text: Box<dyn Read>,
    /// Bytes read from the file so far, before unpacking.
    pub(super) bytes_read: Rc<Cell<u64>>,
    /// Bytes of the whole file.
    pub(super) bytes_total: u64,
}

/// Opens a file.
pub(super) fn open(path: &Path) -> io::Result<Source> {
    let file = File::open(path)?;
    let bytes_total = file.metadata()?.len();
    let bytes_read = Rc::new(Cell::new(0));
    let file = Counted { inner: file, bytes: Rc::clone(&bytes_read) };
    Ok(Source { text: unpacked(BufReader::new(file))?, bytes_read, bytes_total })
}

/// The text of a file that may be gzip-compressed.
pub(crate) fn unpacked(mut file: impl BufRead + 'static) -> io::Result<Box<dyn Read>> {
    if file.fill_buf()?.starts_with(&GZIP_MAGIC) {
        Ok(Box::new(MultiGzDecoder::new(file)))
    } else {
        Ok(Box::new(file))
    }
}

struct Counted<R> {
    inner: R,
    bytes: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.bytes.set(self.bytes.get() + count as u64);
        Ok(count)
    }
}

/// A reader that fails when it has to give too much for one record.
pub(super) struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R> Limited<R> {
    /// Limits the first record.
    pub(super) fn new(inner: R) -> Self {
        Self { inner, left: MOST_BYTES_PER_RECORD }
    }

    /// Begins the next record.
    pub(super) fn next_record(&mut self) {
        self.left = MOST_BYTES_PER_RECORD;
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::other("a record is longer than 1 MiB, perhaps because a quote is never closed")
        })?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn text_of(bytes: Vec<u8>) -> String {
        let mut text = String::new();
        unpacked(Cursor::new(bytes)).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn compression_is_told_by_the_first_bytes() {
        assert_eq!(text_of(b"a,b".to_vec()), "a,b");
        assert_eq!(text_of(packed("a,b")), "a,b");
        assert_eq!(text_of(Vec::new()), "");
    }

    #[test]
    fn gzip_files_may_be_joined() {
        assert_eq!(text_of([packed("a,"), packed("b")].concat()), "a,b");
    }

    #[test]
    fn a_record_has_a_limit() {
        let mut endless = Limited::new(io::repeat(b'x'));
        let error = io::copy(&mut endless, &mut io::sink()).unwrap_err();
        assert!(error.to_string().contains("longer than 1 MiB"), "{error}");
    }
}
