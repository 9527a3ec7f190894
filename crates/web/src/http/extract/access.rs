//! What a handler needs its caller to be: part of its signature. Whoever is not is refused before anything is read.

use std::{
    future::{Ready, ready},
    marker::PhantomData,
    ops::Deref,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use stockroom_service::{Bypass, Need, Shop};

use crate::http::{caller::asking, problem::Problem, route_table::Routed};

/// The shop, for a caller who may do what `N` says.
pub(crate) struct Access<N> {
    shop: Shop,
    need: PhantomData<N>,
}

impl<N> Deref for Access<N> {
    type Target = Shop;

    fn deref(&self) -> &Shop {
        &self.shop
    }
}

/// A need as a type, for signatures of handlers and descriptions of operations.
pub(crate) trait Needed {
    /// The need.
    const NEED: Need;
}

/// Nothing.
pub(crate) struct Anyone;

impl Needed for Anyone {
    const NEED: Need = Need::ANYONE;
}

/// An account.
pub(crate) struct SignedIn;

impl Needed for SignedIn {
    const NEED: Need = Need::SIGNED_IN;
}

/// A permission, or to be the owner of what is dealt with.
pub(crate) struct OrOwner<N>(PhantomData<N>);

impl<N: Needed> Needed for OrOwner<N> {
    const NEED: Need = Need { bypass: Bypass::Accounts, ..N::NEED };
}

macro_rules! permissions {
    ($($name:ident),+ $(,)?) => {$(
        #[doc = concat!("The permission of this name: see [`Permission::", stringify!($name), "`].")]
        pub(crate) struct $name;

        impl Needed for $name {
            const NEED: Need = Need::to(Permission::$name);
        }
    )+};
}

/// The permissions, as types.
pub(crate) mod to {
    use stockroom_domain::Permission;

    use stockroom_service::Need;

    use crate::http::extract::access::Needed;

    permissions!(
        CatalogueWrite,
        StockWrite,
        ClientsRead,
        ClientsWrite,
        OrdersRead,
        OrdersWrite,
        BillsRead,
        BillsWrite,
        ReviewsWrite,
        ReviewsModerate,
        PrivacyManage,
        AuditRead,
        KeysManage,
        RolesManage,
    );
}

impl<N: Needed> FromRequest for Access<N> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(admit::<N>(request))
    }
}

fn admit<N: Needed>(request: &HttpRequest) -> Result<Access<N>, Problem> {
    if !Routed::of(request).agrees_with(N::NEED) {
        tracing::error!("an operation needs something else than its description says");
        return Err(Problem::internal());
    }
    let (caller, failure) = asking(request);
    let shop = request.app_data::<Data<Shop>>().ok_or_else(Problem::internal)?.acting_for(caller);
    match shop.authorize(N::NEED) {
        Ok(()) => Ok(Access { shop, need: PhantomData }),
        // What was brought as proof and proves nothing is the better reason.
        Err(refusal) => Err(failure.unwrap_or(refusal).into()),
    }
}
