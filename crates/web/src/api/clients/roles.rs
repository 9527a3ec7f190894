//! Who works for the shop.

use actix_web::put;
use stockroom_domain::{ClientId, Role};
use stockroom_input::{Fields, FromFields};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    api::auth::bodies::AccountResponse,
    http::{
        answer::{Updated, visible},
        extract::{Access, Body, Id, to},
        problem::Problem,
    },
    schema::{BodyErrors, Conflict, EveryError, IdParam, Invalid, Needs, NotFound},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(set_role);
}

/// A role to give.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"role": "operator"}))]
struct SetRoleRequest {
    /// `client`, `operator` or `admin`.
    #[schema(value_type = String, pattern = "^(client|operator|admin)$")]
    role: Role,
}

impl FromFields for SetRoleRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { role: fields.required("role")? })
    }
}

/// Gives an account a role
///
/// It counts at once on the server that answers, and within seconds on others. One's own role is changed by somebody else
/// (409), so that nobody locks everybody out.
#[utoipa::path(
    tag = "clients", operation_id = "setRole", params(IdParam), request_body = SetRoleRequest,
    responses((status = 200, description = "The account", body = AccountResponse), NotFound, Conflict, BodyErrors, Invalid, Needs<to::RolesManage>, EveryError)
)]
#[put("/clients/{id_key}/role")]
async fn set_role(
    shop: Access<to::RolesManage>,
    Id(id): Id<ClientId>,
    Body(SetRoleRequest { role }): Body<SetRoleRequest>,
) -> Result<Updated, Problem> {
    Ok(Updated(visible::<_, AccountResponse>(shop.set_role(id, role).await?)))
}
