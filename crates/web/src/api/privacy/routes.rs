//! What a person may ask of the shop about their own data, and what is asked in their name.

use actix_web::{HttpResponse, get, http::header::CONTENT_DISPOSITION, post};
use stockroom_domain::ClientId;
use stockroom_service::{ClientView, Idempotent};
use utoipa_actix_web::service_config::ServiceConfig;

use super::bodies::PersonalDataResponse;
use crate::{
    api::clients::bodies::ClientResponse,
    http::{
        answer::{Done, visible},
        extract::{Access, Id, Key, OrOwner, to},
        problem::Problem,
    },
    schema::{Erased, EveryError, IdParam, Invalid, KeyErrors, KeyParam, Needs, NotFound},
};

pub(crate) fn configure(config: &mut ServiceConfig<'_>) {
    config.service(export).service(erase);
}

/// Exports all that is held about a client
///
/// One document, for the client to keep or to take elsewhere.
#[utoipa::path(
    tag = "clients", operation_id = "exportClient", params(IdParam),
    responses((status = 200, description = "All that is held, as of one moment", body = PersonalDataResponse), NotFound, Invalid, Needs<OrOwner<to::PrivacyManage>>, EveryError)
)]
#[get("/clients/{id_key}/export")]
async fn export(
    shop: Access<OrOwner<to::PrivacyManage>>,
    Id(id): Id<ClientId>,
) -> Result<HttpResponse, Problem> {
    let held = PersonalDataResponse::from(shop.export_client(id).await?);
    let attachment = format!("attachment; filename=\"client-{id}.json\"");
    Ok(HttpResponse::Ok().insert_header((CONTENT_DISPOSITION, attachment)).json(held))
}

/// Erases a client
///
/// Name, e-mail address, telephone, addresses, where orders went, the words of reviews and all sessions are gone, for good.
/// Orders, bills and their numbers stay, of a client without a name; so do the stars of reviews, of no client.
#[utoipa::path(
    tag = "clients", operation_id = "eraseClient", params(IdParam, KeyParam),
    responses((status = 200, description = "The client without a name", body = ClientResponse), KeyErrors, NotFound, Erased, Invalid, Needs<OrOwner<to::PrivacyManage>>, EveryError)
)]
#[post("/clients/{id_key}/erase")]
async fn erase(
    shop: Access<OrOwner<to::PrivacyManage>>,
    Id(id): Id<ClientId>,
    Key(key): Key,
) -> Result<Done, Problem> {
    let render = visible::<ClientView, ClientResponse>;
    Ok(Done(shop.erase_client(id, Idempotent { key, render }).await?))
}
