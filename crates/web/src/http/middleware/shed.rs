//! Refuses requests before they cost anything, when more come than can be served well: by how long they wait for their turn
//! (see [`crate::http::admission`]) and by how late this thread comes to its work.
//!
//! Those who work for the shop, and programs with API keys, have places of their own, so that the shop can be run while the
//! public floods it. A request whose body is on its way has no turn: whoever sends slowly holds up nobody.

use std::{cell::Cell, rc::Rc, time::Duration};

use actix_web::{HttpMessage, dev::ServiceRequest, http::Method, web::Data};
use stockroom_service::Shop;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::http::{
    admission::{Admission, InTurn, Shed, Turn, refuse},
    problem::Problem,
};

/// How often a thread looks how late it is.
const TICK: Duration = Duration::from_millis(50);

/// How late a thread comes to its work.
#[derive(Debug, Default)]
pub(crate) struct Lag(Cell<Duration>);

impl Lag {
    /// Watches this thread for as long as it serves.
    pub(crate) fn watch() -> Rc<Self> {
        let lag = Rc::<Self>::default();
        let seen = Rc::downgrade(&lag);
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        actix_web::rt::spawn(async move {
            // What a thread does before it serves makes nobody late.
            ticks.tick().await;
            let mut due = Instant::now() + TICK;
            loop {
                ticks.tick().await;
                let now = Instant::now();
                let Some(lag) = seen.upgrade() else { return };
                lag.0.set(now.saturating_duration_since(due));
                due = now + TICK;
            }
        });
        lag
    }
}

/// The turn of a request that is being answered; the next one's when dropped.
pub(super) enum Entered {
    /// It is kept until then.
    Kept { _turn: Turn },
    /// It is given up while the body is on its way.
    Shared(Rc<InTurn>),
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Self::Shared(turn) = self {
            turn.pause();
        }
    }
}

/// Waits until it is a request's turn, given what it brings to prove who sends it.
///
/// # Errors
/// When that would be too long.
pub(super) async fn enter(
    request: &ServiceRequest,
    brought: Option<&str>,
) -> Result<Option<Entered>, Problem> {
    let Some(admission) = request.app_data::<Data<Admission>>() else { return Ok(None) };
    if request.method() == Method::OPTIONS {
        return Ok(None);
    }
    let late = is_late(request, admission);
    let at_once = if late { None } else { admission.at_once() };
    let turn = match at_once {
        Some(turn) => turn,
        None if is_of_operator(request, brought).await => admission.operator().await.map_err(refuse)?,
        None if late => return Err(refuse(Shed::Lag)),
        None => admission.wait().await.map_err(refuse)?,
    };
    if request.method().is_safe() {
        // Nobody reads its body.
        return Ok(Some(Entered::Kept { _turn: turn }));
    }
    let turn = Rc::new(InTurn::new(admission, turn));
    request.extensions_mut().insert(Rc::clone(&turn));
    Ok(Some(Entered::Shared(turn)))
}

fn is_late(request: &ServiceRequest, admission: &Admission) -> bool {
    let lag = request.app_data::<Rc<Lag>>().map_or(Duration::ZERO, |lag| lag.0.get());
    admission.lag().is_some_and(|most| lag > most)
}

async fn is_of_operator(request: &ServiceRequest, brought: Option<&str>) -> bool {
    match (request.app_data::<Data<Shop>>(), brought) {
        (Some(shop), Some(brought)) => shop.is_of_operator(brought).await,
        _ => false,
    }
}
