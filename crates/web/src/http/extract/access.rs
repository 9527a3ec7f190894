//! What a handler needs its caller to be: part of its signature. Whoever is not is refused before anything is read.

use std::{
    future::{Ready, ready},
    marker::PhantomData,
    ops::Deref,
};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web::Data};
use stockroom_domain::Permission;
use stockroom_service::{Error, Shop};

use crate::http::{caller::asking, private::ForTheCaller, problem::Problem};

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

/// What a caller needs.
pub(crate) trait Need {
    /// The permission, where one is needed.
    const PERMISSION: Option<Permission>;
    /// Who gets by without it.
    const OTHERS: Others;
}

/// Who gets by without a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    /// Everybody.
    Anyone,
    /// Whoever has an account; the use case sees to it that they deal with what is their own.
    Accounts,
    /// Nobody.
    Nobody,
}

/// Nothing.
pub(crate) struct Anyone;

impl Need for Anyone {
    const PERMISSION: Option<Permission> = None;
    const OTHERS: Others = Others::Anyone;
}

/// An account.
pub(crate) struct SignedIn;

impl Need for SignedIn {
    const PERMISSION: Option<Permission> = None;
    const OTHERS: Others = Others::Accounts;
}

/// A permission, or to be the owner of what is dealt with.
pub(crate) struct OrOwner<N>(PhantomData<N>);

impl<N: Need> Need for OrOwner<N> {
    const PERMISSION: Option<Permission> = N::PERMISSION;
    const OTHERS: Others = Others::Accounts;
}

macro_rules! permissions {
    ($($name:ident),+ $(,)?) => {$(
        #[doc = concat!("The permission of this name: see [`Permission::", stringify!($name), "`].")]
        pub(crate) struct $name;

        impl Need for $name {
            const PERMISSION: Option<Permission> = Some(Permission::$name);
            const OTHERS: Others = Others::Nobody;
        }
    )+};
}

/// The permissions, as types.
pub(crate) mod to {
    use stockroom_domain::Permission;

    use crate::http::extract::access::{Need, Others};

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

impl<N: Need> FromRequest for Access<N> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(admit::<N>(request))
    }
}

fn admit<N: Need>(request: &HttpRequest) -> Result<Access<N>, Problem> {
    if N::OTHERS != Others::Anyone {
        request.extensions_mut().insert(ForTheCaller);
    }
    let (caller, failure) = asking(request);
    let permitted = N::PERMISSION.is_some_and(|permission| caller.may(permission));
    let admitted = permitted
        || match N::OTHERS {
            Others::Anyone => true,
            Others::Accounts => caller.account().is_some(),
            Others::Nobody => false,
        };
    if admitted {
        let shop = request.app_data::<Data<Shop>>().ok_or_else(Problem::internal)?;
        return Ok(Access { shop: shop.acting_for(caller), need: PhantomData });
    }
    match (failure, N::PERMISSION) {
        (Some(failure), _) => Err(failure.into()),
        (None, Some(permission)) if caller.is_known() => Err(Problem::not_permitted(permission)),
        _ => Err(Error::NotSignedIn.into()),
    }
}
