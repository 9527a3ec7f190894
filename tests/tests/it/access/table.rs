//! The table of who may do what. An operation of the document without a line here fails the tests.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stockroom_domain::Permission::{self, *};

/// What somebody has to be for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing.
    Anyone,
    /// An account.
    SignedIn,
    /// Somebody with this permission.
    To(Permission),
    /// Somebody with this permission, or whose own it is.
    OrOwner(Permission),
}

use Need::{Anyone, OrOwner, SignedIn, To};

/// What each operation needs.
const TABLE: &[(&str, Need)] = &[
    ("index", Anyone),
    ("healthCheck", Anyone),
    ("livez", Anyone),
    ("readyz", Anyone),
    ("listAuditLog", To(AuditRead)),
    ("exportAuditLog", To(AuditRead)),
    ("listApiKeys", To(KeysManage)),
    ("createApiKey", To(KeysManage)),
    ("revokeApiKey", To(KeysManage)),
    ("login", Anyone),
    ("loginClient", Anyone),
    ("register", Anyone),
    ("refresh", Anyone),
    ("forgotPassword", Anyone),
    ("resetPassword", Anyone),
    ("changePassword", SignedIn),
    ("logout", SignedIn),
    ("getToken", Anyone),
    ("setRole", To(RolesManage)),
    ("exportClient", OrOwner(PrivacyManage)),
    ("eraseClient", OrOwner(PrivacyManage)),
    ("getMe", SignedIn),
    ("listSessions", SignedIn),
    ("endSession", SignedIn),
    ("listCategories", Anyone),
    ("getCategory", Anyone),
    ("createCategory", To(CatalogueWrite)),
    ("updateCategory", To(CatalogueWrite)),
    ("patchCategory", To(CatalogueWrite)),
    ("deleteCategory", To(CatalogueWrite)),
    ("listProducts", Anyone),
    ("filterProducts", Anyone),
    ("searchProducts", Anyone),
    ("getProduct", Anyone),
    ("createProduct", To(CatalogueWrite)),
    ("updateProduct", To(CatalogueWrite)),
    ("patchProduct", To(CatalogueWrite)),
    ("deleteProduct", To(CatalogueWrite)),
    ("setStock", To(StockWrite)),
    ("listClients", To(ClientsRead)),
    ("createClient", To(ClientsWrite)),
    ("getClient", OrOwner(ClientsRead)),
    ("updateClient", OrOwner(ClientsWrite)),
    ("patchClient", OrOwner(ClientsWrite)),
    ("deleteClient", OrOwner(ClientsWrite)),
    ("listAddresses", OrOwner(ClientsRead)),
    ("createAddress", OrOwner(ClientsWrite)),
    ("getAddress", OrOwner(ClientsRead)),
    ("updateAddress", OrOwner(ClientsWrite)),
    ("patchAddress", OrOwner(ClientsWrite)),
    ("deleteAddress", OrOwner(ClientsWrite)),
    ("listOrders", OrOwner(OrdersRead)),
    ("createOrder", To(OrdersWrite)),
    ("getOrder", OrOwner(OrdersRead)),
    ("updateOrder", To(OrdersWrite)),
    ("patchOrder", To(OrdersWrite)),
    ("deleteOrder", To(OrdersWrite)),
    ("cancelOrder", OrOwner(OrdersWrite)),
    ("listOrderEvents", OrOwner(OrdersRead)),
    ("checkOut", OrOwner(OrdersWrite)),
    ("listOrderDetails", OrOwner(OrdersRead)),
    ("createOrderDetail", To(OrdersWrite)),
    ("getOrderDetail", OrOwner(OrdersRead)),
    ("updateOrderDetail", To(OrdersWrite)),
    ("patchOrderDetail", To(OrdersWrite)),
    ("deleteOrderDetail", To(OrdersWrite)),
    ("listBills", OrOwner(BillsRead)),
    ("createBill", To(BillsWrite)),
    ("getBill", OrOwner(BillsRead)),
    ("updateBill", To(BillsWrite)),
    ("patchBill", To(BillsWrite)),
    ("deleteBill", To(BillsWrite)),
    ("listReviews", Anyone),
    ("getReview", Anyone),
    ("createReview", OrOwner(ReviewsWrite)),
    ("updateReview", OrOwner(ReviewsWrite)),
    ("patchReview", OrOwner(ReviewsWrite)),
    ("deleteReview", OrOwner(ReviewsWrite)),
    ("listReviewQueue", To(ReviewsModerate)),
    ("moderateReview", To(ReviewsModerate)),
];

impl Need {
    /// The permission, where one is asked for.
    pub(super) fn permission(self) -> Option<Permission> {
        match self {
            Anyone | SignedIn => None,
            To(permission) | OrOwner(permission) => Some(permission),
        }
    }

    /// What the document says of it under `security`.
    fn security(self) -> Value {
        match self {
            Anyone => Value::Null,
            SignedIn => json!([{"sign_in": []}, {"access_token": []}]),
            To(permission) | OrOwner(permission) => {
                let scopes = [permission.name()];
                json!([{"sign_in": scopes}, {"access_token": scopes}, {"api_key": scopes}])
            }
        }
    }
}

/// An operation of the document.
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: reqwest::Method,
    /// Its path as the document has it.
    pub(super) path: String,
    pub(super) has_body: bool,
    pub(super) need: Need,
    security: Value,
    answers: Vec<String>,
}

impl Operation {
    /// Its path with this for every id.
    pub(super) fn path_of(&self, id: &str) -> String {
        let part = |part: &str| if part.starts_with('{') { id.to_owned() } else { part.to_owned() };
        self.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }
}

/// Every operation of the document, with what it needs.
pub(super) fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&stockroom_web::openapi_json()).unwrap();
    let needs: BTreeMap<_, _> = TABLE.iter().copied().collect();
    assert_eq!(needs.len(), TABLE.len(), "an operation has two lines in the table");
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "put", "patch", "delete"] {
            let Some(operation) = item.get(method) else { continue };
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let need = *needs.get(&*id).unwrap_or_else(|| {
                panic!(
                    "{method} {path}: say who may do it: a line (\"{id}\", ...) in TABLE of \
                     tests/tests/it/access/table.rs, and the columns that it changes in access/columns.txt"
                )
            });
            found.push(Operation {
                id,
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                has_body: operation.get("requestBody").is_some(),
                need,
                security: operation.get("security").cloned().unwrap_or_default(),
                answers: operation["responses"].as_object().unwrap().keys().cloned().collect(),
            });
        }
    }
    for (id, _) in TABLE {
        let there = found.iter().any(|operation| operation.id == *id);
        assert!(there, "{id} is in the table and not in the document: take its line out of the table");
    }
    found
}

#[test]
fn the_document_says_of_every_operation_what_the_table_says() {
    for operation in operations() {
        let Operation { id, need, security, answers, .. } = &operation;
        assert_eq!(*security, need.security(), "{id}");
        let told = |status: &str| answers.iter().any(|answer| answer == status);
        assert_eq!(told("403"), need.permission().is_some(), "{id}: 403");
        // Signing in is refused with a 401 of its own.
        let refusing = ["login", "loginClient", "refresh", "getToken"].contains(&&**id);
        assert_eq!(told("401"), *need != Anyone || refusing, "{id}: 401");
    }
}
