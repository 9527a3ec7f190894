//! Operations on API keys.

use actix_web::{
    HttpResponse, delete, get,
    http::header::{CACHE_CONTROL, LOCATION},
    post,
};
use stockroom_domain::{ApiKeyId, ListOrder};
use stockroom_input::{Fields, FromFields};
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::{ApiKeyResponse, CreateApiKeyRequest, MadeApiKeyResponse};
use crate::{
    http::{
        answer::List,
        extract::{Access, Body, Id, ListQuery, to},
        problem::Problem,
    },
    schema::{BodyErrors, EveryError, IdParam, Invalid, Needs, NotFound, PageParams},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list).service(create).service(revoke);
}

/// Nothing narrows the list.
struct NoFilter;

impl FromFields for NoFilter {
    fn from_fields(_: &mut Fields) -> Option<Self> {
        Some(Self)
    }
}

/// Lists API keys
///
/// Those that were revoked or have expired included. The keys themselves are not told.
#[utoipa::path(
    tag = "api_keys", operation_id = "listApiKeys", params(PageParams),
    responses((status = 200, description = "A page of API keys, ordered by id", body = [ApiKeyResponse]), Needs<to::KeysManage>, Invalid, EveryError)
)]
#[get("/api_keys")]
async fn list(
    shop: Access<to::KeysManage>,
    ListQuery { filter: NoFilter, paging }: ListQuery<NoFilter>,
) -> Result<List<ApiKeyResponse>, Problem> {
    let (page, answer) = List::page(paging, ListOrder::API_KEYS, shop.page_limits())?;
    Ok(answer(shop.list_api_keys(&page).await?))
}

/// Makes an API key
///
/// The key is in this answer and nowhere else: what is lost is revoked, and another one made. It can permit no more than its
/// maker may do.
#[utoipa::path(
    tag = "api_keys", operation_id = "createApiKey", request_body = CreateApiKeyRequest,
    responses((status = 201, description = "Made", body = MadeApiKeyResponse), Needs<to::KeysManage>, BodyErrors, Invalid, EveryError)
)]
#[post("/api_keys")]
async fn create(
    shop: Access<to::KeysManage>,
    Body(request): Body<CreateApiKeyRequest>,
) -> Result<HttpResponse, Problem> {
    let made = shop.create_api_key(&request.into()).await?;
    let location = format!("/api_keys/{}", made.key.id);
    let mut answer = HttpResponse::Created();
    Ok(answer
        .insert_header((LOCATION, location))
        .insert_header((CACHE_CONTROL, "no-store"))
        .json(MadeApiKeyResponse::from(made)))
}

/// Revokes an API key
///
/// For good. It ends at once on the server that answers, and within five seconds on others.
#[utoipa::path(
    tag = "api_keys", operation_id = "revokeApiKey", params(IdParam),
    responses((status = 204, description = "Revoked"), Needs<to::KeysManage>, NotFound, Invalid, EveryError)
)]
#[delete("/api_keys/{id_key}")]
async fn revoke(shop: Access<to::KeysManage>, Id(id): Id<ApiKeyId>) -> Result<HttpResponse, Problem> {
    shop.revoke_api_key(id).await?;
    Ok(HttpResponse::NoContent().finish())
}
