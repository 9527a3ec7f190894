//! Those who work for the shop: their accounts are not taken over, nobody becomes one of them by a request, and each does
//! what their role says.

use reqwest::Method;
use serde_json::{Value, json};
use stockroom_domain::{Permission, Role};
use stockroom_tests::{Actor, App};

use super::Person;

const NEEDED: &str = "This needs the permission roles:manage";

/// Fails unless somebody is kept from signing in as this account, which they may change otherwise.
async fn check_not_taken_over(thief: &Actor, account: i64) {
    let path = format!("/clients/{account}");
    for taken in [json!({"email": "thief@example.com"}), json!({"password": "a stolen password"})] {
        thief.put(&path, &taken).await.expect_problem(403, NEEDED);
        thief.patch(&path, &taken).await.expect_problem(403, NEEDED);
        let mut whole = thief.get(&path).await.body;
        whole.as_object_mut().unwrap().extend(taken.as_object().unwrap().clone());
        let refused = thief.put(&path, &whole).await;
        refused.expect_problem(403, NEEDED);
        assert_eq!(refused.body["permission"], "roles:manage");
    }
    let deleted = thief.send(thief.request(Method::DELETE, &path)).await;
    deleted.expect_problem(403, NEEDED);
    thief.put(&path, &json!({"telephone": "0000000000"})).await.expect(200);
}

#[tokio::test]
async fn a_key_that_writes_clients_takes_no_account_of_the_staff_over() {
    let app = App::guarded().await;
    let all_but_roles: Vec<_> =
        Permission::ALL.iter().copied().filter(|permission| *permission != Permission::RolesManage).collect();
    let few = app.key(&[Permission::ClientsRead, Permission::ClientsWrite]).await;
    let most = app.key(&all_but_roles).await;
    for (role, email) in [(Role::Operator, "olga@example.com"), (Role::Admin, "adam@example.com")] {
        let staff = Person::new(&app, role, email).await;
        for thief in [&few, &most] {
            check_not_taken_over(thief, staff.id).await;
        }
        let again = Person::signed_in(&app, email).await;
        assert_eq!(again.actor.get("/auth/me").await.expect(200)["role"], role.name());
        // They are asked for by those who may.
        let giver = app.key(Permission::ALL).await;
        let path = format!("/clients/{}", staff.id);
        giver.put(&path, &json!({"email": format!("new-{}", staff.email)})).await.expect(200);
        giver.delete(&path).await.expect(204);
    }
    let (customer, _) = app.account(Role::Client).await;
    let path = format!("/clients/{customer}");
    few.put(&path, &json!({"email": "moved@example.com", "password": "a new one"})).await.expect(200);
    few.delete(&path).await.expect(204);
}

#[tokio::test]
async fn open_doors_let_nobody_take_an_account_of_the_staff_over() {
    let app = App::start().await;
    let admin = Person::new(&app, Role::Admin, "adam@example.com").await;
    check_not_taken_over(&app.actor(), admin.id).await;
    check_not_taken_over(&app.actor().bearing("sk_live_nothing"), admin.id).await;
    let (_, customer) = app.account(Role::Client).await;
    check_not_taken_over(&customer, admin.id).await;
    Person::signed_in(&app, "adam@example.com").await;
}

#[tokio::test]
async fn clients_and_operators_do_not_find_the_accounts_of_others_to_change() {
    let app = App::guarded().await;
    let admin = Person::new(&app, Role::Admin, "adam@example.com").await;
    let path = format!("/clients/{}", admin.id);
    let sentence = format!("Client with id {} not found", admin.id);
    for role in [Role::Client, Role::Operator] {
        let (_, other) = app.account(role).await;
        other.put(&path, &json!({"name": "Taken"})).await.expect_problem(404, &sentence);
        other.patch(&path, &json!({"email": "thief@example.com"})).await.expect_problem(404, &sentence);
        other.delete(&path).await.expect_problem(404, &sentence);
    }
    assert_eq!(admin.actor.get("/auth/me").await.expect(200)["name"], "Ana");
}

#[tokio::test]
async fn no_request_makes_an_admin() {
    let open = App::start().await;
    let guarded = App::guarded().await;
    let wish = json!({
        "name": "Eve", "lastname": "L", "password": "a password", "role": "admin", "is_admin": true, "isAdmin": true,
        "client": {"role": "admin"},
    });
    let with_email = |email: &str| {
        let mut wish = wish.clone();
        wish["email"] = json!(email);
        wish
    };
    for app in [&open, &guarded] {
        let (_, admin) = app.account(Role::Admin).await;
        for (number, (who, path)) in
            [(&app.actor(), "/auth/register"), (&admin, "/clients"), (&admin, "/auth/register")]
                .iter()
                .enumerate()
        {
            let email = format!("eve{number}@example.com");
            let made = who.post(path, &with_email(&email)).await;
            let item = format!("/clients/{}", made.id());
            assert_eq!(made.expect(201)["is_admin"], false);
            let credentials = json!({"email": email, "password": "a password"});
            let token = app.actor().post("/auth/login", &credentials).await.expect(200);
            let eve = app.actor().bearing(token["access_token"].as_str().unwrap());
            for who in [&eve, &admin] {
                let sent = json!({"role": "admin", "is_admin": true, "client": {"is_admin": true}});
                assert_eq!(who.put(&item, &sent).await.expect(200)["is_admin"], false);
                for (name, value) in [("role", json!("admin")), ("is_admin", json!(true))] {
                    let mut patch = json!({"name": "Eva"});
                    patch[name] = value;
                    who.patch(&item, &patch).await.expect_invalid(&[&format!("body.{name}")]);
                }
            }
            assert_eq!(eve.get("/auth/me").await.expect(200)["role"], "client");
        }
        assert_eq!(app.integer("SELECT count(*) FROM clients WHERE role <> 'client'", &[]).await, 1);
    }
}

#[tokio::test]
async fn an_operator_sets_the_stock_and_not_the_price() {
    let app = App::guarded().await;
    let (_, admin) = app.account(Role::Admin).await;
    let (_, operator) = app.account(Role::Operator).await;
    let product = admin.product(json!({"stock": 10})).await;
    let path = format!("/products/{product}");
    for change in [json!({"price": 1}), json!({"stock": 7}), json!({})] {
        let refused = operator.put(&path, &change).await;
        refused.expect_problem(403, "This needs the permission catalogue:write");
        operator.patch(&path, &change).await.expect_problem(403, "This needs the permission catalogue:write");
    }
    let set = json!({"stock": 7, "expected_stock": 10, "price": 1, "name": "Cheap", "active": false});
    let shown = operator.put(&format!("{path}/stock"), &set).await.expect(200);
    let told = (&shown["stock"], &shown["price"], &shown["name"], &shown["active"]);
    assert_eq!(told, (&json!(7), &json!(10.0), &json!("Mug"), &json!(true)));
    let late = operator.put(&format!("{path}/stock"), &set).await.expect(409);
    assert_eq!((&late["code"], &late["stock"]), (&json!("stock_changed"), &json!(7)));
    operator.put(&format!("{path}/stock"), &json!({"price": 1})).await.expect_invalid(&["body.stock"]);
    let by = "SELECT count(*) FROM audit_log WHERE actor LIKE 'operator:%' AND resource = 'products'";
    assert_eq!(app.integer(by, &[]).await, 1);
    app.assert_ledger_adds_up().await;
}

#[tokio::test]
async fn a_role_that_is_taken_away_ends_what_it_permitted() {
    let app = App::guarded().await;
    let person = Person::new(&app, Role::Operator, "olga@example.com").await;
    app.execute("UPDATE clients SET role = 'client' WHERE id = $1", &[&person.id]).await;
    // A server that has not believed it before; the token says operator.
    let beside = app.guarded_beside(App::auth());
    let olga = beside.actor().bearing(person.token());
    assert_eq!(olga.get("/clients").await.expect(403)["permission"], "clients:read");
    assert_eq!(olga.get("/auth/me").await.expect(200)["role"], "client");
    assert_eq!(olga.get("/orders").await.expect(200), Value::Array(Vec::new()));
}
