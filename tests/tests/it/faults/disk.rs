//! A disk that is really full: the tables lie on a file system of a few megabytes, which is filled.

use std::{
    fs::Permissions,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;
use stockroom_embedded::{Durability, Server, Settings};
use stockroom_repository::migrations;
use stockroom_tests::{App, checkout};

/// A small file system in memory; unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None` where nobody may mount one.
    fn mount(at: &Path, owner: u32) -> Option<Self> {
        std::fs::create_dir_all(at).ok()?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size=8m,mode=0700,uid={owner}"), "tmpfs"])
            .arg(at)
            .output();
        mounted.ok().filter(|output| output.status.success()).map(|_| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Also when a test has failed and PostgreSQL still has files of it open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_answered_503_and_nothing_is_half_written() {
    // A server of its own: one that loses a file system is not well again.
    let root = tempfile::tempdir().unwrap();
    std::fs::set_permissions(root.path(), Permissions::from_mode(0o755)).unwrap();
    let durability = Durability::Disposable;
    let server = Server::start(&Settings { durability, ..Settings::new(root.path().join("data")) }).unwrap();
    server.create_database("shop").unwrap();
    let url = server.url("shop");
    let owner = std::fs::metadata(root.path().join("data/cluster")).unwrap().uid();
    let Some(disk) = SmallDisk::mount(&root.path().join("disk"), owner) else {
        eprintln!("skipped: only root can mount a small file system");
        return;
    };
    let place = disk.0.clone();
    migrations::run(&url).await.unwrap();
    let app = App::start_shop(url, App::settings());
    let client = app.client().await;
    client.batch_execute(&format!("CREATE TABLESPACE small LOCATION '{}'", place.display())).await.unwrap();
    for table in ["stock_movements", "order_details", "categories"] {
        client.batch_execute(&format!("ALTER TABLE {table} SET TABLESPACE small")).await.unwrap();
    }
    let shop = app.actor();
    let buyer = shop.client(json!({})).await;
    let product = shop.product(json!({"stock": 100_000})).await;
    let order = |quantity| checkout(buyer, &[(product, quantity)]);
    shop.post("/checkout", &order(1)).await.expect(201);

    let filler = place.join("filler");
    let fill =
        Command::new("dd").args(["if=/dev/zero", "bs=4k"]).arg(format!("of={}", filler.display())).output();
    assert!(!fill.unwrap().status.success(), "the file system is full");

    let mut placed = 1;
    loop {
        // What fits into pages that are there is still placed.
        let answer = shop.post("/checkout", &order(1)).await;
        if answer.status == 503 {
            answer.expect_problem(503, "Service temporarily unavailable");
            assert_eq!(answer.header("retry-after"), "1");
            break;
        }
        answer.expect(201);
        placed += 1;
        assert!(placed < 2000, "the disk is never full");
    }
    assert_eq!(app.integer("SELECT count(*) FROM orders", &[]).await, placed);
    app.assert_books_balance().await;
    shop.get(&format!("/products/{product}")).await.expect(200);

    std::fs::remove_file(&filler).unwrap();
    shop.post("/checkout", &order(1)).await.expect(201);
    app.assert_books_balance().await;
    drop((app, client));
    server.stop().unwrap();
    drop(disk);
}
