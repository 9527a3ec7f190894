//! Giving roles: who may, what follows at once, and what is refused.

use serde_json::json;
use stockroom_domain::Role;
use stockroom_tests::App;

#[tokio::test]
async fn a_role_that_is_given_or_taken_counts_at_once() {
    let app = App::guarded().await;
    let (_, boss) = app.account(Role::Admin).await;
    let (id, eva) = app.account(Role::Client).await;
    assert_eq!(eva.get("/clients").await.status, 403);

    let given = boss.put(&format!("/clients/{id}/role"), &json!({"role": "operator"})).await.expect(200);
    assert_eq!((&given["id_key"], &given["is_admin"]), (&json!(id), &json!(false)));
    eva.get("/clients").await.expect(200);
    assert_eq!(eva.get("/auth/me").await.expect(200)["role"], "operator");

    boss.put(&format!("/clients/{id}/role"), &json!({"role": "client"})).await.expect(200);
    assert_eq!(eva.get("/clients").await.status, 403);
    let logged =
        "SELECT count(*) FROM audit_log WHERE actor LIKE 'admin:%' AND after ? 'role' AND resource_id = $1";
    assert_eq!(app.integer(logged, &[&id]).await, 2);
}

#[tokio::test]
async fn what_is_no_role_nobodys_or_ones_own_is_refused() {
    let app = App::guarded().await;
    let (id, boss) = app.account(Role::Admin).await;
    let own = boss.put(&format!("/clients/{id}/role"), &json!({"role": "client"})).await;
    own.expect_problem(409, "Cannot change one's own role: another administrator can");
    let nobody = boss.put("/clients/999/role", &json!({"role": "client"})).await;
    nobody.expect_problem(404, "Client with id 999 not found");
    for wrong in [json!({"role": "root"}), json!({"role": 1}), json!({}), json!({"role": null})] {
        boss.put(&format!("/clients/{id}/role"), &wrong).await.expect_invalid(&["body.role"]);
    }
    assert_eq!(boss.get("/auth/me").await.expect(200)["role"], "admin");
}
