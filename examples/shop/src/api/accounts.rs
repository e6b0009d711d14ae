//! `POST /api/v1/accounts`.
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use palisade::core::ClientAddr;

use crate::input::Json;
use crate::problem::Refused;
use crate::register::Credentials;
use crate::shop::Shop;

/// Registers a customer. 201 says that whoever knows the password can sign in now, not whose account it is.
pub(super) async fn create(
    State(shop): State<Shop>,
    client: Option<Extension<ClientAddr>>,
    Json(credentials): Json<Credentials>,
) -> Result<StatusCode, Refused> {
    let client = client.map(|Extension(client)| client);
    shop.register(credentials, client).await?;
    Ok(StatusCode::CREATED)
}
