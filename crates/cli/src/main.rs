//! The `stockroom` program: everything is in the library beside it, so that tests reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    stockroom_cli::run()
}
