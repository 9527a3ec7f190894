//! The bare server: what the HTTP server that the service is built on can do when nothing is left to do.
//!
//! It is a process of its own, built like the service and set like it, and answers every request to one route with the
//! same bytes: status, header fields and body of an answer that the service has given. There is no middleware.

use std::{
    env,
    fs::File,
    io::{self, BufReader, BufWriter, Write},
    net::SocketAddr,
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use actix_web::{
    App, HttpResponse, HttpServer,
    http::{
        StatusCode,
        header::{HeaderName, HeaderValue},
    },
    rt::System,
    web::{self, Bytes, Data},
};

use crate::{arguments::Bare, client::Answer, failure::Failure, service::Service};

/// As in the service.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// As in the service's production settings.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// As in the service.
const BACKLOG: u32 = 1024;
/// What the HTTP server writes itself.
const OWN_FIELDS: [&str; 4] = ["connection", "content-length", "date", "transfer-encoding"];
/// What a route with an item has in the place of its id.
const ID: &str = "{id}";

/// Starts a bare server that answers a route, such as `/products/{id}`, with what the service has answered.
pub(crate) fn start(
    directory: &Path,
    route: &str,
    answer: &Answer,
    workers: Option<&str>,
) -> Result<Service, Failure> {
    let file = tempfile::Builder::new().prefix("answer-").tempfile_in(directory);
    let file = file.map_err(Failure::at(directory))?;
    let mut writer = BufWriter::new(file.as_file());
    serde_json::to_writer(&mut writer, answer).map_err(Failure::because("cannot keep an answer"))?;
    writer.flush().map_err(Failure::at(file.path()))?;
    let mut command = Command::new(env::current_exe().map_err(Failure::because("cannot find this program"))?);
    command.arg("bare").arg("--answer").arg(file.path()).args(["--route", route]).stdin(Stdio::null());
    if let Some(workers) = workers {
        command.args(["--workers", workers]);
    }
    // Once it listens, it has read the file.
    Service::start(command)
}

/// Answers until a signal comes.
pub(crate) fn serve(options: &Bare) -> Result<(), Failure> {
    let file = File::open(&options.answer).map_err(Failure::at(&options.answer))?;
    let answer: Answer = serde_json::from_reader(BufReader::new(file))
        .map_err(Failure::because("the answer cannot be understood"))?;
    let constant = Constant::new(answer)?;
    System::new().block_on(run(options, constant)).map_err(Failure::because("the bare server failed"))
}

async fn run(options: &Bare, constant: Constant) -> io::Result<()> {
    let (route, constant) = (options.route.clone(), Data::new(constant));
    let has_id = route.contains(ID);
    let application = move || {
        let handler = if has_id { web::get().to(item) } else { web::get().to(list) };
        App::new().app_data(constant.clone()).route(&route, handler)
    };
    let server = HttpServer::new(application)
        .backlog(BACKLOG)
        .client_request_timeout(REQUEST_TIMEOUT)
        .keep_alive(KEEP_ALIVE);
    let server = match options.workers {
        Some(workers) => server.workers(workers),
        None => server,
    };
    let server = server.bind(("127.0.0.1", 0))?;
    announce(server.addrs().first())?;
    server.run().await
}

/// Tells where it listens, in the words of the service.
fn announce(address: Option<&SocketAddr>) -> io::Result<()> {
    let address = address.ok_or_else(|| io::Error::other("it listens nowhere"))?;
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "API http://{address}")?;
    stdout.flush()
}

async fn item(_id: web::Path<u64>, constant: Data<Constant>) -> HttpResponse {
    constant.response()
}

async fn list(constant: Data<Constant>) -> HttpResponse {
    constant.response()
}

/// What is always answered.
struct Constant {
    status: StatusCode,
    fields: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Constant {
    fn new(answer: Answer) -> Result<Self, Failure> {
        let cannot = "the answer cannot be given";
        let own = |name: &String| OWN_FIELDS.iter().any(|own| name.eq_ignore_ascii_case(own));
        let mut fields = Vec::new();
        for (name, value) in answer.fields.into_iter().filter(|(name, _)| !own(name)) {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(Failure::because(cannot))?;
            fields.push((name, HeaderValue::from_str(&value).map_err(Failure::because(cannot))?));
        }
        let status = StatusCode::from_u16(answer.status).map_err(Failure::because(cannot))?;
        Ok(Self { status, fields, body: answer.body.into() })
    }

    fn response(&self) -> HttpResponse {
        let mut response = HttpResponse::new(self.status).set_body(self.body.clone());
        for (name, value) in &self.fields {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response.map_into_boxed_body()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;

    use super::*;

    #[test]
    fn an_answer_is_given_as_it_was_but_for_what_the_server_writes_itself() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let answer = Answer {
            status: 200,
            fields: vec![field("Content-Length", "2"), field("vary", "Origin"), field("vary", "Accept")],
            body: "[]".to_owned(),
        };
        let response = Constant::new(answer).unwrap().response();
        let fields: Vec<_> =
            response.headers().iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        assert_eq!(fields, [r#"vary: "Origin""#, r#"vary: "Accept""#]);
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.into_body().try_into_bytes().unwrap(), "[]");
    }
}
