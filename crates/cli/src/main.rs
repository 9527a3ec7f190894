//! The `stockroom` program: everything is in the library beside it, so that tests reach it.

use std::process::ExitCode;

/// glibc's allocator keeps what a thread has freed: hashing passwords, 19 MiB each, on changing threads would hold more
/// than a gigabyte for good.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    stockroom_cli::run()
}
