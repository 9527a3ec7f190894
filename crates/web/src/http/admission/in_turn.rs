//! The turn of a request, which is another one's while this one waits for its client.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use actix_web::{HttpMessage, HttpRequest};
use metrics::counter;

use super::{Admission, Shed, Turn};
use crate::http::{caller::Asking, problem::Problem};

/// Clients come back after one to this many seconds, so that they do not all come at once.
const RETRY_WITHIN: u64 = 3;

/// The turn of a request.
pub(crate) struct InTurn {
    admission: Arc<Admission>,
    turn: RefCell<Option<Turn>>,
}

impl InTurn {
    /// The turn of a request that has come to it.
    pub(crate) fn new(admission: &Arc<Admission>, turn: Turn) -> Self {
        Self { admission: Arc::clone(admission), turn: RefCell::new(Some(turn)) }
    }

    /// The turn is the next one's while this request waits for its client. Says whether there was one to give.
    pub(crate) fn pause(&self) -> bool {
        self.turn.take().is_some()
    }

    /// Waits for another turn of this request. Who sends it is asked only where not everybody gets one at once; by now it has
    /// been found out.
    ///
    /// # Errors
    /// When that would be too long.
    pub(crate) async fn resume(&self, request: &HttpRequest) -> Result<(), Problem> {
        let turn = match self.admission.at_once() {
            Some(turn) => Ok(turn),
            None if works_for_the_shop(request) => self.admission.operator().await,
            None => self.admission.wait().await,
        };
        *self.turn.borrow_mut() = Some(turn.map_err(refuse)?);
        Ok(())
    }
}

/// The turn of the request that this is about, if it needs one.
pub(crate) fn in_turn(request: &HttpRequest) -> Option<Rc<InTurn>> {
    request.extensions().get::<Rc<InTurn>>().cloned()
}

fn works_for_the_shop(request: &HttpRequest) -> bool {
    request.extensions().get::<Asking>().is_some_and(|asking| asking.caller.is_audited())
}

/// The refusal of a request that is not worked on.
pub(crate) fn refuse(reason: Shed) -> Problem {
    counter!("stockroom_http_requests_shed_total", "reason" => reason.name()).increment(1);
    Problem::unavailable_for(fastrand::u64(1..=RETRY_WITHIN))
}
