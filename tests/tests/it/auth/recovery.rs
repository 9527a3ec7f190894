//! New passwords by mail.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use stockroom_service::{Mail, MailError, MailSettings, Mailer, Sending, SmtpMailer};
use stockroom_tests::{Actor, Answer, App};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::timeout,
};

use super::{guarded, me, refresh, register, sign_in};

/// Hands mail to whoever reads the other end.
struct Mailbox(UnboundedSender<Mail>);

impl Mailer for Mailbox {
    fn send(&self, mail: Mail) -> Sending<'_> {
        let sent = self.0.send(mail).map_err(|_| MailError("nobody reads".to_owned()));
        Box::pin(std::future::ready(sent))
    }
}

pub(crate) async fn with_mailbox() -> (App, UnboundedReceiver<Mail>) {
    let (sender, mails) = unbounded_channel();
    let reset_url = Some("https://shop.example/reset?token={token}".to_owned());
    let mail = MailSettings { mailer: Arc::new(Mailbox(sender)), reset_url };
    (App::start_guarded(App::auth(), mail).await, mails)
}

pub(crate) async fn next(mails: &mut UnboundedReceiver<Mail>) -> Mail {
    timeout(Duration::from_mins(1), mails.recv()).await.expect("a mail arrives").expect("a mail")
}

pub(crate) fn token_in(text: &str) -> String {
    let rest = &text[text.find("spr_").unwrap()..];
    rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

async fn forget(actor: &Actor, email: &str) -> Value {
    actor.post("/auth/password/forgot", &json!({"email": email})).await.expect(202)
}

async fn reset(actor: &Actor, token: &str, password: &str) -> Answer {
    actor.post("/auth/password/reset", &json!({"token": token, "password": password})).await
}

const REFUSED: &str = "The reset token is invalid or has expired";

#[tokio::test]
async fn a_mailed_token_lets_set_a_password_once() {
    let (app, mut mails) = with_mailbox().await;
    let ana = app.actor();
    let tokens = register(&ana, "ana@example.com").await;
    me(&ana, &tokens).await.expect(200);
    forget(&ana, "ANA@example.com").await;
    let mail = next(&mut mails).await;
    assert_eq!((mail.to.as_str(), mail.subject.as_str()), ("ana@example.com", "Your new password"));
    let token = token_in(&mail.text);
    assert!(mail.text.contains(&format!("https://shop.example/reset?token={token}\n")), "{}", mail.text);

    reset(&ana, &token, "short").await.expect_invalid(&["body.password"]);
    reset(&ana, &token, "long enough").await.expect(204);

    me(&ana, &tokens).await.expect(401);
    refresh(&ana, &tokens["refresh_token"]).await.expect(401);
    sign_in(&ana, "ana@example.com", "secret").await.expect(401);
    sign_in(&ana, "ana@example.com", "long enough").await.expect(200);
    let again = reset(&ana, &token, "another one").await;
    again.expect_problem(400, REFUSED);
    assert_eq!(again.body["code"], "invalid_reset_token");
}

#[tokio::test]
async fn nobody_is_told_whether_there_is_an_account() {
    let (app, mut mails) = with_mailbox().await;
    let ana = app.actor();
    register(&ana, "ana@example.com").await;
    let unknown = forget(&ana, "nobody@example.com").await;
    assert_eq!(forget(&ana, "ana@example.com").await, unknown);
    // The first mail that arrives is the only one that was sent.
    assert_eq!(next(&mut mails).await.to, "ana@example.com");
    assert_eq!(app.integer("SELECT count(*) FROM password_resets", &[]).await, 1);
    ana.post("/auth/password/forgot", &json!({"email": "x"})).await.expect_invalid(&["body.email"]);
}

#[tokio::test]
async fn only_the_last_token_is_good_and_not_for_long() {
    let (app, mut mails) = with_mailbox().await;
    let ana = app.actor();
    register(&ana, "ana@example.com").await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        forget(&ana, "ana@example.com").await;
        tokens.push(token_in(&next(&mut mails).await.text));
    }
    reset(&ana, &tokens[0], "long enough").await.expect_problem(400, REFUSED);
    reset(&ana, "spr_guessed", "long enough").await.expect_problem(400, REFUSED);
    let kept = "SELECT count(*) FROM password_resets WHERE token_hash = sha256(convert_to($1, 'UTF8')) \
                AND expires_at - created_at = interval '1 hour'";
    assert_eq!(app.integer(kept, &[&tokens[1]]).await, 1);

    app.execute("UPDATE password_resets SET expires_at = now()", &[]).await;
    reset(&ana, &tokens[1], "long enough").await.expect_problem(400, REFUSED);
    sign_in(&ana, "ana@example.com", "secret").await.expect(200);
}

#[tokio::test]
async fn a_changed_password_takes_back_what_was_mailed() {
    let (app, mut mails) = with_mailbox().await;
    let ana = app.actor();
    let tokens = register(&ana, "ana@example.com").await;
    forget(&ana, "ana@example.com").await;
    let token = token_in(&next(&mut mails).await.text);
    let change = json!({"current_password": "secret", "new_password": "long enough"});
    ana.post_as(super::access(&tokens), "/auth/password", &change).await.expect(204);
    reset(&ana, &token, "of somebody else").await.expect_problem(400, REFUSED);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_use_a_token_at_once_one_sets_the_password() {
    let (app, mut mails) = with_mailbox().await;
    register(&app.actor(), "ana@example.com").await;
    forget(&app.actor(), "ana@example.com").await;
    let token = token_in(&next(&mut mails).await.text);
    let tries = (0..10).map(|number| {
        let (actor, token) = (app.actor(), token.clone());
        async move { reset(&actor, &token, &format!("long enough {number}")).await.status.as_u16() }
    });
    let mut statuses = futures_util::future::join_all(tries).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [&[204][..], &[400; 9]].concat());
}

#[tokio::test]
async fn a_shop_that_sends_no_mail_answers_alike() {
    let app = guarded(App::auth()).await;
    let ana = app.actor();
    register(&ana, "ana@example.com").await;
    forget(&ana, "ana@example.com").await;
}

/// Takes one mail by SMTP, and returns what was said.
async fn receive(listener: TcpListener) -> String {
    let (stream, _) = listener.accept().await.unwrap();
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut said = String::new();
    writer.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
    let mut in_data = false;
    while let Some(line) = lines.next_line().await.unwrap() {
        said.push_str(&line);
        said.push('\n');
        let answer = match line.get(..4).unwrap_or(&line) {
            "." if in_data => {
                in_data = false;
                "250 taken\r\n"
            }
            _ if in_data => continue,
            "DATA" => {
                in_data = true;
                "354 go on\r\n"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await.unwrap();
                break;
            }
            _ => "250 fine\r\n",
        };
        writer.write_all(answer.as_bytes()).await.unwrap();
        if answer.contains("taken") {
            break;
        }
    }
    said
}

#[tokio::test]
async fn mail_is_sent_by_smtp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let mailer = SmtpMailer::new(&url, "The shop <shop@example.com>").unwrap();
    let mail = MailSettings { mailer: Arc::new(mailer), reset_url: None };
    let app = App::start_guarded(App::auth(), mail).await;
    let ana = app.actor();
    register(&ana, "ana@example.com").await;
    let received = tokio::spawn(receive(listener));

    forget(&ana, "ana@example.com").await;

    let said = timeout(Duration::from_mins(1), received).await.unwrap().unwrap();
    for part in ["MAIL FROM:<shop@example.com>", "RCPT TO:<ana@example.com>", "Subject: Your new password"] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    reset(&ana, &token_in(&said), "long enough").await.expect(204);
    sign_in(&ana, "ana@example.com", "long enough").await.expect(200);
}
