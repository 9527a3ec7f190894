//! The port of the service, taken before anything else is started, so that a taken one fails at once.

use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, TcpListener},
};

use tokio::net::{TcpSocket, lookup_host};

use crate::{
    configuration::{Operations, Server},
    failure::Failure,
};

/// Connections that may wait to be accepted, where the system allows as many; the standard library's 128 is too few for a
/// burst of clients.
const BACKLOG: u32 = 4096;

/// Takes the configured port of the service on the first address of its host that has it free.
pub(crate) async fn bind(server: &Server) -> Result<TcpListener, Failure> {
    take(&server.host, server.port, ["API_HOST or [server] host", "API_PORT or [server] port"]).await
}

/// The same for the server of operators.
pub(crate) async fn bind_operations(operations: &Operations) -> Result<TcpListener, Failure> {
    take(&operations.host, operations.port, ["operations.host", "operations.port"]).await
}

async fn take(host: &str, port: u16, keys: [&str; 2]) -> Result<TcpListener, Failure> {
    let [host_key, port_key] = keys;
    let unknown = |reason: String| {
        Failure::run(format!("cannot listen on {host}: {reason}; choose another with {host_key}"))
    };
    let addresses = lookup_host((host, port)).await.map_err(|error| unknown(error.to_string()))?;
    let mut failed = io::Error::other("it has no address");
    for address in addresses {
        match listen(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    let choose = format!("choose another with {port_key}");
    Err(match failed.kind() {
        ErrorKind::AddrInUse => Failure::run(format!("port {port} on {host} is in use; {choose}")),
        ErrorKind::PermissionDenied => {
            Failure::run(format!("this user may not listen on port {port} of {host}; {choose}"))
        }
        ErrorKind::AddrNotAvailable => unknown("it is not an address of this machine".to_owned()),
        _ => unknown(failed.to_string()),
    })
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Without it, connections of the last run keep the port taken for a minute.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// The URL under which this machine reaches a service that listens there.
pub(crate) fn local_url(host: &str, port: u16) -> String {
    match host {
        "0.0.0.0" => format!("http://127.0.0.1:{port}"),
        "::" => format!("http://[::1]:{port}"),
        _ if host.contains(':') => format!("http://[{host}]:{port}"),
        _ => format!("http://{host}:{port}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_one_that_can_be_opened() {
        for (host, url) in [
            ("localhost", "http://localhost:80"),
            ("0.0.0.0", "http://127.0.0.1:80"),
            ("::", "http://[::1]:80"),
            ("fd00::1", "http://[fd00::1]:80"),
        ] {
            assert_eq!(local_url(host, 80), url);
        }
    }

    #[tokio::test]
    async fn a_taken_port_is_told_in_one_sentence() {
        let mut server = Server::listening("127.0.0.1", 0);
        let taken = bind(&server).await.unwrap();
        server.port = taken.local_addr().unwrap().port();
        let sentence = bind(&server).await.unwrap_err().sentence();
        let port = server.port;
        assert_eq!(
            sentence,
            format!("port {port} on 127.0.0.1 is in use; choose another with API_PORT or [server] port")
        );
    }
}
