//! What Prometheus asks for: text of version 0.0.4 of its exposition format, on `/metrics`.

use std::io;
use std::net::SocketAddr;

/// Answers at this address from now on, with what `text` says.
///
/// # Errors
/// When the address is taken or not of this machine.
pub fn listen(address: SocketAddr, text: impl Fn() -> String + Send + 'static) -> io::Result<()> {
    let server = tiny_http::Server::http(address).map_err(io::Error::other)?;
    std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
        for request in server.incoming_requests() {
            let plain = "Content-Type: text/plain; version=0.0.4";
            let header = plain.parse::<tiny_http::Header>().ok();
            let (text, code) = match request.url() {
                "/metrics" => (text(), 200),
                _ => ("metrics are at /metrics\n".to_owned(), 404),
            };
            let mut response = tiny_http::Response::from_string(text).with_status_code(code);
            if let Some(header) = header {
                response = response.with_header(header);
            }
            // Whoever asked may have gone.
            request.respond(response).ok();
        }
    })?;
    Ok(())
}

/// Adds a metric; each row has its labels, `{reason="late"}` or nothing, and a value.
pub fn add(out: &mut String, name: &str, kind: &str, help: &str, rows: &[(String, f64)]) {
    *out += &format!("# HELP ostium_{name} {help}\n# TYPE ostium_{name} {kind}\n");
    for (labels, value) in rows {
        *out += &format!("ostium_{name}{labels} {value}\n");
    }
}

/// A label.
pub fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{{{name}=\"{value}\"}}")
}
