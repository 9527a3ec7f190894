//! Makes accounts of those who work for the shop. There is no account, and no password, that every installation has.

use std::{
    fs,
    io::{self, IsTerminal, Read},
    path::{Path, PathBuf},
};

use serde_json::Value;
use stockroom_domain::{Email, NewPassword, Password, Violation};
use stockroom_input::FieldValue;
use stockroom_service::{Error, NewAccount, make_account};

use crate::{
    arguments::CreateAccount, configuration::Configuration, database::work_on, failure::Failure, output,
    sign_in, telemetry,
};

/// Makes an account with a role.
pub(crate) async fn create(
    configuration: &Configuration,
    data_dir: Option<PathBuf>,
    asked: CreateAccount,
) -> Result<(), Failure> {
    telemetry::start(&configuration.log)?;
    let account = NewAccount {
        name: value("--name", asked.name.as_str())?,
        lastname: value("--lastname", asked.lastname.as_str())?,
        email: value::<Email>("--email", asked.email.as_str())?,
        telephone: None,
        password: Some(password(asked.password_file.as_deref())?),
    };
    let passwords = sign_in::auth_settings(&configuration.auth)?.passwords;
    let made = work_on(configuration, data_dir, async |database| {
        database.migrate().await?;
        let pool = database.command_pool("admin")?;
        make_account(&pool, passwords, &account, asked.role).await.map_err(|error| match error {
            Error::Duplicate { .. } => Failure::run(format!(
                "there is an account with the e-mail address {}; an administrator can give it a role",
                asked.email
            )),
            error => Failure::run(format!("no account was made: {error}")),
        })
    });
    let made = made.await?;
    output::print(&format!("{} {} may sign in as {}", made.role, made.id, made.email))
}

fn value<T: FieldValue>(option: &str, text: &str) -> Result<T, Failure> {
    T::read(&Value::from(text)).map_err(|violation| wrong(option, &violation))
}

fn wrong(option: &str, violation: &Violation) -> Failure {
    Failure::usage(format!("{option}: {}", violation.message))
}

/// The password, from a file, from standard input (`-`), or typed in twice.
fn password(file: Option<&Path>) -> Result<Password, Failure> {
    let typed = match file {
        Some(file) => first_line(file)?,
        None if io::stdin().is_terminal() => typed_twice()?,
        None => {
            return Err(Failure::usage(
                "there is no terminal to ask for a password: give it with --password-file FILE, or - for standard input",
            ));
        }
    };
    let new = NewPassword::read(&Value::from(typed)).map_err(|violation| wrong("password", &violation))?;
    Ok(new.into())
}

fn first_line(file: &Path) -> Result<String, Failure> {
    let read = if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    let text = read.map_err(|error| Failure::run(format!("cannot read {}: {error}", file.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn typed_twice() -> Result<String, Failure> {
    let ask = |prompt: &str| {
        rpassword::prompt_password(prompt)
            .map_err(|error| Failure::run(format!("cannot read the password: {error}")))
    };
    let first = ask("Password (at least 8 characters): ")?;
    if ask("The same again: ")? == first { Ok(first) } else { Err(Failure::usage("the passwords differ")) }
}
