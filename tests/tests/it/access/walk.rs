//! Every operation is asked for by every kind of caller, and answers what the table says.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use stockroom_domain::{Permission, Role};
use stockroom_tests::{Actor, Answer, App};

use super::{
    Person,
    table::{Need, Operation, operations},
};

/// No row of any table has this id.
const NOWHERE: &str = "4040";

/// What a caller brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    Nobody,
    Account(Role),
    KeyWithPermission,
    KeyWithAllOthers,
    /// Something that proves nothing, or no longer.
    Invalid(&'static str),
}

const CALLERS: [Caller; 10] = [
    Caller::Nobody,
    Caller::Account(Role::Client),
    Caller::Account(Role::Operator),
    Caller::Account(Role::Admin),
    Caller::KeyWithPermission,
    Caller::KeyWithAllOthers,
    Caller::Invalid("a revoked key"),
    Caller::Invalid("an expired key"),
    Caller::Invalid("a tampered token"),
    Caller::Invalid("a token of a session that has ended"),
];

/// What an operation answers to a caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// Neither 401 nor 403.
    Served,
    Unauthorized(&'static str),
    Forbidden(Permission),
}

fn expected(need: Need, caller: Caller) -> Expected {
    let unknown = match caller {
        Caller::Invalid(_) => Expected::Unauthorized("invalid_token"),
        _ => Expected::Unauthorized("not_signed_in"),
    };
    let is_account = matches!(caller, Caller::Account(_));
    let may = |permission| match caller {
        Caller::Nobody | Caller::Invalid(_) | Caller::KeyWithAllOthers => false,
        Caller::Account(role) => role.permissions().contain(permission),
        Caller::KeyWithPermission => true,
    };
    match need {
        Need::Anyone => Expected::Served,
        Need::SignedIn if is_account => Expected::Served,
        Need::SignedIn => unknown,
        Need::To(permission) | Need::OrOwner(permission) if may(permission) => Expected::Served,
        Need::OrOwner(_) if is_account => Expected::Served,
        Need::To(_) | Need::OrOwner(_) if matches!(caller, Caller::Nobody | Caller::Invalid(_)) => unknown,
        Need::To(permission) | Need::OrOwner(permission) => Expected::Forbidden(permission),
    }
}

/// A shop with somebody of every kind.
pub(super) struct Everybody {
    pub(super) app: App,
    revoked_key: Actor,
    expired_key: Actor,
    tampered: Actor,
    signed_out: Actor,
}

fn email(role: Role) -> String {
    format!("{role}@example.com")
}

impl Everybody {
    pub(super) async fn new() -> Self {
        let app = App::guarded().await;
        for role in Role::ALL {
            Person::new(&app, *role, &email(*role)).await;
        }
        let (revoked_key, expired_key) = (app.key(Permission::ALL).await, app.key(Permission::ALL).await);
        // Neither has been used: what is true of them is in the database.
        let ended = "UPDATE api_keys SET revoked_at = CASE WHEN id = 1 THEN now() END, \
                     expires_at = CASE WHEN id = 2 THEN now() END";
        app.execute(ended, &[]).await;
        let admin = Person::signed_in(&app, &email(Role::Admin)).await;
        let token = admin.token();
        // The middle of the claims: of the last character of a part not every bit counts.
        let at = token.find('.').unwrap() + 20;
        let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        let tampered = app.actor().bearing(&format!("{}{other}{}", &token[..at], &token[at + 1..]));
        let signed_out = app.actor().bearing(&admin.signed_out().await);
        Self { app, revoked_key, expired_key, tampered, signed_out }
    }

    /// Whoever asks for an operation. Accounts come with a session of their own: some operations end it.
    async fn actor(&self, caller: Caller, need: Need) -> Actor {
        let asked_for = need.permission();
        let scopes = |with: bool| -> Vec<_> {
            let fits = |one: &Permission| asked_for.is_none_or(|asked| (asked == *one) == with);
            Permission::ALL.iter().copied().filter(fits).collect()
        };
        match caller {
            Caller::Nobody => self.app.actor(),
            Caller::Account(role) => Person::signed_in(&self.app, &email(role)).await.actor,
            Caller::KeyWithPermission => self.app.key(&scopes(true)).await,
            Caller::KeyWithAllOthers => self.app.key(&scopes(false)).await,
            Caller::Invalid("a revoked key") => self.revoked_key.clone(),
            Caller::Invalid("an expired key") => self.expired_key.clone(),
            Caller::Invalid("a tampered token") => self.tampered.clone(),
            Caller::Invalid(_) => self.signed_out.clone(),
        }
    }
}

/// A request for an operation, on things that do not exist.
pub(super) fn request(actor: &Actor, operation: &Operation, path: &str) -> RequestBuilder {
    let request = actor.request(operation.method.clone(), path);
    if operation.has_body { request.json(&json!({})) } else { request }
}

#[track_caller]
fn check(answer: &Answer, expected: Expected, what: &str) {
    let status = answer.status.as_u16();
    let Answer { body, text, .. } = answer;
    match expected {
        Expected::Served => assert!(![401, 403].contains(&status) && status < 500, "{what}: {status} {text}"),
        Expected::Unauthorized(code) => {
            assert_eq!((status, &body["code"]), (401, &json!(code)), "{what}: {text}");
            let challenge = if code == "invalid_token" { "Bearer error=\"invalid_token\"" } else { "Bearer" };
            assert_eq!(answer.header("www-authenticate"), challenge, "{what}");
        }
        Expected::Forbidden(permission) => {
            assert_eq!((status, &body["code"]), (403, &json!("not_permitted")), "{what}: {text}");
            assert_eq!(body["permission"], permission.name(), "{what}");
            assert!(body["detail"].as_str().unwrap().contains(permission.name()), "{what}: {text}");
            assert_eq!(body["message"], body["detail"], "{what}");
        }
    }
}

#[tokio::test]
async fn every_operation_serves_and_refuses_whom_the_table_says() {
    let everybody = Everybody::new().await;
    for operation in operations() {
        for caller in CALLERS {
            let actor = everybody.actor(caller, operation.need).await;
            let answer = actor.send(request(&actor, &operation, &operation.path_of(NOWHERE))).await;
            let what = format!("{} by {caller:?}", operation.id);
            let mut expected = expected(operation.need, caller);
            // Signing in with nothing is refused too, and that is no matter of rights.
            if operation.need == Need::Anyone && answer.status == 401 {
                expected = Expected::Unauthorized("invalid_credentials");
            }
            check(&answer, expected, &what);
        }
    }
}

#[tokio::test]
async fn whoever_is_not_known_is_told_so_before_anything_else_is_looked_at() {
    let app = App::guarded().await;
    let nobody = app.actor();
    let (_, client) = app.account(Role::Client).await;
    for operation in operations().iter().filter(|operation| operation.need != Need::Anyone) {
        let path = format!("{}?limit=-1&skip=x&after=%00&client_id=z", operation.path_of("nothing"));
        let bad = |actor: &Actor, media_type: &str, body: Vec<u8>| {
            actor.request(operation.method.clone(), &path).header("content-type", media_type).body(body)
        };
        for (media_type, body) in
            [("application/json", b"{not json".to_vec()), ("text/plain", b"\xff\xfe".to_vec())]
        {
            let answer = nobody.send(bad(&nobody, media_type, body.clone())).await;
            check(&answer, Expected::Unauthorized("not_signed_in"), &operation.id);
            if let Need::To(permission) = operation.need {
                let answer = client.send(bad(&client, media_type, body)).await;
                check(&answer, Expected::Forbidden(permission), &operation.id);
            }
        }
    }
}

#[tokio::test]
async fn every_spelling_of_a_path_needs_the_same_rights() {
    let everybody = Everybody::new().await;
    for operation in operations() {
        let path = operation.path_of(NOWHERE);
        let mut paths = vec![format!("/api/v1{path}"), format!("{path}?x=1")];
        if path != "/" {
            paths.extend([format!("{path}/"), format!("/api/v1{path}/")]);
        }
        let collection = path.strip_suffix(&format!("/{NOWHERE}"));
        if let Some(collection) = collection.filter(|path| path.matches('/').count() == 1) {
            paths.extend([
                format!("{collection}/id/{NOWHERE}"),
                format!("/api/v1{collection}/id/{NOWHERE}/"),
                format!("{collection}/{NOWHERE}%20"),
            ]);
        }
        for caller in [
            Caller::Nobody,
            Caller::Account(Role::Client),
            Caller::KeyWithAllOthers,
            Caller::Invalid("a tampered token"),
        ] {
            for path in &paths {
                let actor = everybody.actor(caller, operation.need).await;
                let answer = actor.send(request(&actor, &operation, path)).await;
                let what = format!("{} {path} by {caller:?}", operation.method);
                if operation.need != Need::Anyone {
                    check(&answer, expected(operation.need, caller), &what);
                }
                if operation.method == Method::GET {
                    let head = actor.send(actor.request(Method::HEAD, path)).await;
                    assert_eq!(head.status, answer.status, "HEAD {what}");
                    assert_eq!((&*head.text, &head.body), ("", &Value::Null), "HEAD {what}");
                }
            }
        }
    }
}
