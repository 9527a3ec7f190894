//! What a client may cost: time, places and connections, and what becomes of its work when it is gone.

mod callers;
mod floods;
mod sizes;
mod sockets;
