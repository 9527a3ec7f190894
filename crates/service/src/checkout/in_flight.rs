//! Which requests are being worked on, so that the same request sent twice at once is one placement with two callers.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use stockroom_repository::idempotency::{RequestIdentity, RequestKey};
use tokio::sync::oneshot;

use super::CheckoutAnswer;
use crate::Result;

/// What every caller of an order is answered.
pub(super) type Completion = Result<CheckoutAnswer>;

type Caller = oneshot::Sender<Completion>;

/// The requests with a key that are being worked on.
#[derive(Default)]
pub(super) struct InFlight(Mutex<HashMap<RequestIdentity, Request>>);

/// A request that is being worked on.
struct Request {
    fingerprint: [u8; 32],
    followers: Vec<Caller>,
}

/// How a request found its key.
pub(super) enum Dedup {
    /// Unused: this request is worked on.
    First(Responder),
    /// In use by the same request, whose answer is this one's too.
    Following,
    /// In use by another request.
    KeyReused,
}

impl InFlight {
    /// Enters a request, or joins the same one.
    pub(super) fn enter(self: &Arc<Self>, request: &RequestKey, caller: Caller) -> Dedup {
        let mut requests = self.lock();
        match requests.entry(request.identity()) {
            Entry::Occupied(mut entry) if entry.get().fingerprint == request.fingerprint => {
                entry.get_mut().followers.push(caller);
                Dedup::Following
            }
            Entry::Occupied(_) => Dedup::KeyReused,
            Entry::Vacant(entry) => {
                let registered = Some((Arc::clone(self), entry.key().clone()));
                entry.insert(Request { fingerprint: request.fingerprint, followers: Vec::new() });
                Dedup::First(Responder { caller: Some(caller), registered })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RequestIdentity, Request>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The callers of one order. Dropped without an answer, it lets them know.
pub(super) struct Responder {
    caller: Option<Caller>,
    registered: Option<(Arc<InFlight>, RequestIdentity)>,
}

impl Responder {
    /// For an order that no other request can join.
    pub(super) fn private(caller: Caller) -> Self {
        Self { caller: Some(caller), registered: None }
    }

    /// Answers every caller; one that has gone is no obstacle.
    pub(super) fn complete(mut self, completion: &Completion) {
        for caller in self.caller.take().into_iter().chain(self.leave()) {
            let _ = caller.send(completion.clone());
        }
    }

    /// Frees the key and returns those who joined.
    fn leave(&mut self) -> Vec<Caller> {
        let registered = self.registered.take();
        let request = registered.and_then(|(in_flight, request)| in_flight.lock().remove(&request));
        request.map(|request| request.followers).unwrap_or_default()
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(key: &str, body: u8) -> RequestKey {
        let (operation, caller) = ("POST /checkout".to_owned(), "anonymous".to_owned());
        RequestKey { key: key.to_owned(), operation, caller, fingerprint: [body; 32] }
    }

    fn enter(requests: &Arc<InFlight>, key: &str, body: u8) -> (Dedup, oneshot::Receiver<Completion>) {
        let (sender, completed) = oneshot::channel();
        (requests.enter(&request(key, body), sender), completed)
    }

    #[test]
    fn a_key_that_is_worked_on_is_joined_by_the_same_body_and_by_no_other() {
        let requests = Arc::default();
        let (Dedup::First(responder), mut first) = enter(&requests, "key", 1) else { panic!("it is unused") };
        let (Dedup::Following, mut follower) = enter(&requests, "key", 1) else { panic!("it is the same") };
        assert!(matches!(enter(&requests, "key", 2).0, Dedup::KeyReused));
        assert!(matches!(enter(&requests, "other", 2).0, Dedup::First(_)));

        responder.complete(&Err(crate::Error::KeyReused));

        assert!(first.try_recv().is_ok() && follower.try_recv().is_ok());
        assert!(matches!(enter(&requests, "key", 2).0, Dedup::First(_)), "the key is free again");
    }

    #[test]
    fn a_responder_that_is_dropped_frees_its_key_and_lets_everybody_know() {
        let requests = Arc::default();
        let (responder, mut first) = enter(&requests, "key", 1);
        let (_, mut follower) = enter(&requests, "key", 1);

        drop(responder);

        assert!(first.try_recv().is_err() && follower.try_recv().is_err());
        assert!(matches!(enter(&requests, "key", 2).0, Dedup::First(_)));
    }
}
