//! Application protocols recognised by content: DNS, TLS, QUIC, HTTP, SSH, SMTP, FTP and IRC
