//! Ends connections on which nothing comes to an end for too long. The HTTP server does so for the first head of a connection and for
//! one that is idle. A client that begins another head and does not end it, or takes its answer a byte at a time, would
//! stay for good.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    net::Shutdown,
    rc::{Rc, Weak},
    time::Duration,
};

use actix_web::{
    HttpRequest,
    dev::{Extensions, ServiceRequest},
    rt::net::TcpStream,
};
use socket2::{SockRef, Socket};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// The shortest pause between two looks.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);

/// A connection of a client, for as long as it is open.
struct Connection {
    socket: Socket,
    /// Requests that are being answered.
    answering: Cell<u32>,
    /// Since when there are none.
    since: Cell<Instant>,
}

thread_local! {
    /// The connections of this thread; those that have ended are dropped at the next look.
    static OPEN: RefCell<Vec<Weak<Connection>>> = const { RefCell::new(Vec::new()) };
    static IS_LOOKED_AT: Cell<bool> = const { Cell::new(false) };
}

/// Watches each connection: it is closed when no request of it was being answered for so long.
pub(crate) fn watch(longest: Duration) -> impl Fn(&dyn Any, &mut Extensions) + Clone + Send + Sync + 'static {
    move |stream, kept| {
        let Some(stream) = stream.downcast_ref::<TcpStream>() else { return };
        let Ok(socket) = SockRef::from(stream).try_clone() else { return };
        let connection =
            Rc::new(Connection { socket, answering: Cell::new(0), since: Cell::new(Instant::now()) });
        OPEN.with_borrow_mut(|open| open.push(Rc::downgrade(&connection)));
        kept.insert(connection);
        if !IS_LOOKED_AT.replace(true) {
            actix_web::rt::spawn(look_again_and_again(longest));
        }
    }
}

async fn look_again_and_again(longest: Duration) {
    let mut looks = interval((longest / 8).max(SHORTEST_PAUSE));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        OPEN.with_borrow_mut(|open| open.retain(|connection| look(connection, longest)));
    }
}

/// Closes a connection when it is time, and says whether to look at it again.
fn look(connection: &Weak<Connection>, longest: Duration) -> bool {
    let Some(connection) = connection.upgrade() else { return false };
    let is_late = connection.answering.get() == 0 && connection.since.get().elapsed() >= longest;
    if is_late {
        // The server reads the end of the connection then, and drops it.
        let _ = connection.socket.shutdown(Shutdown::Both);
    }
    !is_late
}

/// A request that is being answered, until this is dropped.
pub(crate) struct Answering(Option<Rc<Connection>>);

impl Answering {
    pub(crate) fn begin(request: &ServiceRequest) -> Self {
        let connection = request.conn_data::<Rc<Connection>>().cloned();
        if let Some(connection) = &connection {
            connection.answering.set(connection.answering.get() + 1);
        }
        Self(connection)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        if let Some(connection) = &self.0 {
            connection.answering.set(connection.answering.get().saturating_sub(1));
            connection.since.set(Instant::now());
        }
    }
}

/// Lets the connection of a request go on for as long as its answer takes, which is written as it is read from the database.
pub(crate) fn let_go_on(request: &HttpRequest) {
    if let Some(connection) = request.conn_data::<Rc<Connection>>() {
        connection.answering.set(connection.answering.get() + 1);
    }
}
