//! Runs a private PostgreSQL in the directory named on the command line until its standard input ends. A small way to
//! try the crate by hand; the tests start it as the owner that they kill.

#![expect(clippy::print_stdout, reason = "a program that reports to its caller")]

use std::{error::Error, io};

use stockroom_embedded::{Durability, Server, Settings};

fn main() -> Result<(), Box<dyn Error>> {
    let data_dir = std::env::args_os().nth(1).ok_or("name a data directory")?;
    let settings =
        Settings { durability: Durability::Disposable, max_connections: 20, ..Settings::new(data_dir) };
    let server = Server::start(&settings)?;
    println!("holding {}", server.url("postgres"));
    io::copy(&mut io::stdin(), &mut io::sink())?;
    server.stop()?;
    Ok(())
}
