//! Hellos against an independent reader, and against the published JA4 of the stacks they copy.

use sha2::{Digest, Sha256};
use tls_parser::{
    TlsClientHelloContents, TlsExtension, TlsMessage, TlsMessageHandshake, parse_tls_extensions,
    parse_tls_plaintext,
};

use super::*;
use crate::rng::Rng;

fn hash(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(6).map(|b| format!("{b:02x}")).collect()
}

fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

/// JA4 as its specification defines it, written for this test alone.
fn ja4(hello: &TlsClientHelloContents<'_>) -> String {
    let (_, extensions) = parse_tls_extensions(hello.ext.unwrap()).unwrap();
    let mut ciphers: Vec<String> =
        hello.ciphers.iter().filter(|c| !is_grease(c.0)).map(|c| format!("{:04x}", c.0)).collect();
    let (mut ids, mut alpn, mut signatures) = (Vec::new(), "00".to_owned(), Vec::new());
    let (mut version, mut named) = (hello.version.0, false);
    for extension in &extensions {
        let id = u16::from(tls_parser::TlsExtensionType::from(extension));
        if matches!(extension, TlsExtension::Grease(..)) || is_grease(id) {
            continue;
        }
        ids.push(id);
        match extension {
            TlsExtension::SNI(_) => named = true,
            TlsExtension::ALPN(list) => {
                let ends = [list[0][0], list[0][list[0].len() - 1]];
                alpn = ends.map(char::from).iter().collect();
            }
            TlsExtension::SignatureAlgorithms(list) => {
                signatures = list.iter().map(|s| format!("{s:04x}")).collect();
            }
            TlsExtension::SupportedVersions(list) => {
                version = list.iter().map(|v| v.0).filter(|v| !is_grease(*v)).max().unwrap();
            }
            _ => {}
        }
    }
    let head = format!(
        "t{}{}{:02}{:02}{alpn}",
        match version {
            0x0304 => "13",
            0x0303 => "12",
            _ => "10",
        },
        if named { 'd' } else { 'i' },
        ciphers.len(),
        ids.len(),
    );
    ciphers.sort();
    let mut rest: Vec<String> = ids
        .into_iter()
        .filter(|id| ![0x0000, 0x0010].contains(id))
        .map(|id| format!("{id:04x}"))
        .collect();
    rest.sort();
    let mut tail = rest.join(",");
    if !signatures.is_empty() {
        tail = format!("{tail}_{}", signatures.join(","));
    }
    format!("{head}_{}_{}", hash(&ciphers.join(",")), hash(&tail))
}

fn read(stack: Stack, seed: u64) -> String {
    let name = (stack != Stack::OldNet).then_some("www.example.org");
    let message = hello::client(&mut Rng::new(seed), stack, name, seed as usize % 4);
    let mut bytes = vec![22, 3, 1];
    bytes.extend_from_slice(&(message.len() as u16).to_be_bytes());
    bytes.extend_from_slice(&message);
    let (rest, plain) = parse_tls_plaintext(&bytes).unwrap();
    assert!(rest.is_empty());
    let TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello)) = &plain.msg[0] else {
        panic!("no hello of {stack:?}");
    };
    ja4(hello)
}

#[test]
fn stacks_have_their_published_fingerprints() {
    // Those of OpenSSL, Java and old .NET are no published ones: they hold what the lists give today.
    let known = [
        "t13d1516h2_8daaf6152771_d8a2da3f94cd",
        "t13d1717h2_5b57614c22b0_3cbfd9057e0d",
        "t12d1909h2_d83cc789557e_7af1ed941c26",
        "t13d3111h2_e8f1e7e78f70_375ca2c5e164",
        "t13d190900_9dc949149365_97f8aa674fd9",
        "t13d2014h2_a09f3c656075_14788d8d241b",
        "t13d371100_db35923f8641_2e78e700dbcb",
        "t13d1812h1_85036bcba153_b26ce05bbdd6",
        "t10i070600_c50f5591e341_c39ab67fec8e",
    ];
    for seed in 0..20 {
        for (stack, ja4) in Stack::ALL.iter().zip(known) {
            assert_eq!(read(*stack, seed), ja4, "{stack:?}");
        }
    }
}
