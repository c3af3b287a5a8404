//! SMTP conversations, as the flow parser tells them.

use ostium_event::Service;

use crate::flow::tests::{Bench, more};

#[test]
fn a_mail_is_sent() {
    let mut bench = Bench::new(25);
    more(bench.responder(b"220 mx.example ESMTP\r\n"));
    more(bench.opener(b"EHLO me.example\r\nMAIL FROM:<a@b>\r\nRC"));
    more(bench.opener(b"PT TO:<c@d>\r\nDATA\r\n"));
    more(bench.responder(b"250-mx\r\n250 OK\r\n354 go\r\n"));
    more(bench.opener(b"Subject: x\r\n\r\nQUIT\r\n.\r\nQUIT\r\n"));
    assert_eq!(
        bench.seen,
        [
            "banner Smtp in=false 220 mx.example ESMTP",
            "command Smtp EHLO me.example",
            "command Smtp MAIL ",
            "command Smtp RCPT ",
            "command Smtp DATA ",
            "command Smtp QUIT "
        ]
    );
}

#[test]
fn refused_data_and_binary_chunks() {
    let mut bench = Bench::new(2525);
    more(bench.opener(b"HELO x\r\nDATA\r\n"));
    more(bench.responder(b"503 no\r\n"));
    more(bench.opener(b"BDAT 6 LAST\r\nQUIT\r\nRSET\r\n"));
    assert_eq!(
        bench.seen,
        ["command Smtp HELO x", "command Smtp DATA ", "command Smtp BDAT ", "command Smtp RSET "]
    );
}

#[test]
fn starttls_hands_over() {
    let mut bench = Bench::new(587);
    more(bench.responder(b"220 hello\r\n"));
    more(bench.opener(b"STARTTLS\r\n"));
    more(bench.responder(b"220 go\r\n"));
    bench.opener(&crate::tls::tests::client_record("mail.example"));
    assert_eq!(bench.service(), Service::Tls);
    assert!(bench.seen[2].starts_with("tls mail.example"), "{:?}", bench.seen);
    assert_eq!(bench.seen.len(), 3);
}

#[test]
fn the_client_decides_what_a_220_is() {
    let mut bench = Bench::new(7000);
    more(bench.responder(b"220 welcome\r\n"));
    assert_eq!(bench.service(), Service::Silent);
    more(bench.opener(b"EHLO x\r\n"));
    assert_eq!(bench.service(), Service::Smtp);
    assert_eq!(bench.seen, ["banner Smtp in=false 220 welcome", "command Smtp EHLO x"]);
    let mut bench = Bench::new(7000);
    more(bench.responder(b"220 welcome\r\n"));
    more(bench.opener(b"USER anonymous\r\n"));
    assert_eq!(bench.service(), Service::Ftp);
    assert_eq!(bench.seen, ["banner Ftp in=false 220 welcome", "command Ftp USER "]);
}

#[test]
fn http_on_port_25_breaks_its_promise() {
    let mut bench = Bench::new(25);
    bench.opener(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(bench.seen[0], "anomaly port_mismatch");
}
