//! Prints results to standard output. A reader that has seen enough (`stockroom openapi | head`) is no failure.

use std::io::{self, ErrorKind, Write};

use crate::failure::Failure;

/// Prints the text and a line end.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::run(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
