//! What a client may cost: time, places and connections, and what becomes of its work when it is gone.

mod callers;
mod floods;
mod seen;
mod sizes;
mod sockets;
