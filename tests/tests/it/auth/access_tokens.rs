//! Access tokens: what they say, and that nobody else can make one.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};
use stockroom_service::AuthSettings;
use stockroom_tests::App;

use super::{access, guarded, me, register};

const SEED: [u8; 32] = [7; 32];
const SECRET: [u8; 32] = [9; 32];

/// Knows an Ed25519 key `ed`, which signs, and an HMAC key `mac`.
fn with_keys() -> AuthSettings {
    let ed = format!("ed:EdDSA:{}", STANDARD.encode(SEED));
    let mac = format!("mac:HS256:{}", STANDARD.encode(SECRET));
    AuthSettings { keys: vec![ed.parse().unwrap(), mac.parse().unwrap()], ..App::auth() }
}

fn part(token: &str, which: usize) -> Value {
    let part = token.split('.').nth(which).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The claims of a token, somewhat changed, signed with this.
fn forged(claims: &Value, changes: &Value, header: &Header, key: &EncodingKey) -> String {
    let mut claims = claims.clone();
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    encode(header, &claims, key).unwrap()
}

fn header(kid: &str, algorithm: Algorithm) -> Header {
    Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) }
}

#[tokio::test]
async fn a_token_says_whose_it_is_and_shows_the_account() {
    let app = guarded(with_keys()).await;
    let ana = app.actor();
    let tokens = register(&ana, "ana@example.com").await;

    let token = access(&tokens);
    assert_eq!(part(token, 0), json!({"alg": "EdDSA", "kid": "ed", "typ": "JWT"}));
    let claims = part(token, 1);
    assert_eq!(claims["iss"], "stockroom");
    assert_eq!(claims["sub"], tokens["id"].to_string());
    assert_eq!(claims["role"], "client");
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 900);

    let shown = me(&ana, &tokens).await;
    assert_eq!(shown.header("cache-control"), "no-store");
    let shown = shown.expect(200);
    assert_eq!((&shown["email"], &shown["role"]), (&json!("ana@example.com"), &json!("client")));
    let nobody = ana.get("/auth/me").await;
    nobody.expect_problem(401, "Sign in to do this");
    assert_eq!(nobody.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn all_configured_keys_verify() {
    let app = guarded(with_keys()).await;
    let ana = app.actor();
    let tokens = register(&ana, "ana@example.com").await;
    let claims = part(access(&tokens), 1);
    let mac = EncodingKey::from_secret(&SECRET);
    let token = forged(&claims, &json!({}), &header("mac", Algorithm::HS256), &mac);
    ana.ask_as(&token, Method::GET, "/auth/me").await.expect(200);
}

#[tokio::test]
async fn a_forged_token_is_refused() {
    let app = guarded(with_keys()).await;
    let eve = app.actor();
    let tokens = register(&eve, "eve@example.com").await;
    let token = access(&tokens);
    let claims = part(token, 1);
    let mac = EncodingKey::from_secret(&SECRET);
    let admin = json!({"role": "admin"});
    let unsigned = |header: &Value| {
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let mut claims = claims.clone();
        claims["role"] = json!("admin");
        format!("{}.{}", encoded(header), encoded(&claims))
    };
    let signature = token.rsplit('.').next().unwrap();
    let public = SigningKey::from_bytes(&SEED).verifying_key();
    let by_public_key = EncodingKey::from_secret(public.as_bytes());

    for (what, forged) in [
        ("other claims", format!("{}.{signature}", unsigned(&part(token, 0)))),
        ("alg none", format!("{}.", unsigned(&json!({"alg": "none", "kid": "ed", "typ": "JWT"})))),
        ("alg none, any case", format!("{}.", unsigned(&json!({"alg": "nOnE", "kid": "mac"})))),
        (
            "HMAC with the public key",
            forged(&claims, &admin, &header("ed", Algorithm::HS256), &by_public_key),
        ),
        ("another hash", forged(&claims, &admin, &header("mac", Algorithm::HS512), &mac)),
        ("an unknown key", forged(&claims, &admin, &header("other", Algorithm::HS256), &mac)),
        ("no key", forged(&claims, &admin, &Header::new(Algorithm::HS256), &mac)),
        ("cut off", token[..token.len() - 2].to_owned()),
        ("nothing", String::new()),
        ("words", "let me in".to_owned()),
    ] {
        let refused = eve.ask_as(&forged, Method::GET, "/auth/me").await;
        assert_eq!(refused.status.as_u16(), 401, "{what}: {}", refused.text);
    }
    let refused = eve.ask_as("a.b.c", Method::GET, "/auth/me").await;
    assert_eq!(refused.header("www-authenticate"), "Bearer error=\"invalid_token\"");
    assert_eq!(refused.body["code"], "invalid_token");
}

#[tokio::test]
async fn a_token_with_a_good_signature_must_say_the_right_things() {
    let app = guarded(with_keys()).await;
    let ana = app.actor();
    let tokens = register(&ana, "ana@example.com").await;
    let claims = part(access(&tokens), 1);
    let bob = register(&ana, "bob@example.com").await;
    let mac = EncodingKey::from_secret(&SECRET);
    let now = claims["iat"].as_u64().unwrap();

    for changes in [
        json!({"exp": now - 60}),
        json!({"exp": null}),
        json!({"iss": "elsewhere"}),
        json!({"iss": null}),
        json!({"sub": null}),
        json!({"sub": "ana"}),
        json!({"sub": bob["id"].to_string()}),
        json!({"role": "root"}),
        json!({"sid": 999}),
        json!({"sid": "1"}),
        json!({"aud": "another service"}),
    ] {
        let token = forged(&claims, &changes, &header("mac", Algorithm::HS256), &mac);
        let refused = ana.ask_as(&token, Method::GET, "/auth/me").await;
        assert_eq!(refused.status.as_u16(), 401, "{changes}: {}", refused.text);
    }
    // Clocks are a little apart.
    let token = forged(&claims, &json!({"exp": now - 1}), &header("mac", Algorithm::HS256), &mac);
    ana.ask_as(&token, Method::GET, "/auth/me").await.expect(200);
}
