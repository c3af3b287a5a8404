//! What cannot be heard is refused with words that help.

use ostium_capture::{CaptureError, FrameSender, LiveCapture, LiveError, LiveOptions};
use ostium_lab::Lab;

use crate::tools::{inside, silent, told};

#[test]
fn a_name_that_is_no_interface_lists_those_that_are() {
    let Some(mut lab) = Lab::or_skip() else { return };
    inside(&silent(&mut lab), &[], "refuse::names", "");
}

#[test]
#[ignore = "a part of a_name_that_is_no_interface_lists_those_that_are"]
fn names() {
    if told().is_none() {
        return;
    }
    for name in ["eth7", "", "a name that is longer than any", "eth0\0", "eth"] {
        let error = refused(&LiveOptions::of(name));
        assert!(matches!(error, LiveError::NoInterface { .. }), "{error:?}");
        let said = error.to_string();
        assert!(said.ends_with("; there are: eth0, eth1, lo"), "{said}");
    }
    let error = FrameSender::open("eth7").unwrap_err().to_string();
    assert_eq!(error, "there is no interface eth7; there are: eth0, eth1, lo");
}

#[test]
fn without_the_right_it_says_how_to_get_it() {
    let Some(mut lab) = Lab::or_skip() else { return };
    let by = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", "--"];
    inside(&silent(&mut lab), &by, "refuse::no_right", "");
}

#[test]
#[ignore = "a part of without_the_right_it_says_how_to_get_it"]
fn no_right() {
    if told().is_none() {
        return;
    }
    let error = refused(&LiveOptions::of("eth0"));
    assert!(matches!(error, LiveError::NoRight { .. }), "{error:?}");
    let said = error.to_string();
    for word in ["eth0", "root", "setcap cap_net_raw+ep", "AmbientCapabilities=CAP_NET_RAW"] {
        assert!(said.contains(word), "{said}");
    }
    assert!(FrameSender::open("eth0").is_err());
}

#[test]
fn without_memory_for_the_ring_it_says_so() {
    let Some(mut lab) = Lab::or_skip() else { return };
    inside(&silent(&mut lab), &["prlimit", "--as=300000000"], "refuse::no_memory", "");
}

#[test]
#[ignore = "a part of without_memory_for_the_ring_it_says_so"]
fn no_memory() {
    if told().is_none() {
        return;
    }
    let error = refused(&LiveOptions { ring_bytes: 300 << 20, ..LiveOptions::of("eth0") });
    assert!(matches!(error, LiveError::Memory { mebibytes: 300, .. }), "{error:?}");
    assert!(error.to_string().contains("a ring of 300 MiB for eth0"), "{error}");
    // A smaller one is had.
    LiveCapture::open(LiveOptions { ring_bytes: 4 << 20, ..LiveOptions::of("eth0") }).unwrap();
}

#[test]
fn a_link_layer_that_is_not_decoded_is_named() {
    let Some(mut lab) = Lab::or_skip() else { return };
    let host = silent(&mut lab);
    if let Err(error) = host.ip(&["tuntap", "add", "dev", "radio0", "mode", "tun"]) {
        eprintln!("skipped: {error}");
        return;
    }
    // TUNSETLINK makes the interface say that it is a radio.
    let set = "import fcntl,os,struct\nf=os.open('/dev/net/tun',os.O_RDWR)\n\
               fcntl.ioctl(f,0x400454ca,struct.pack('16sH22x',b'radio0',0x1001))\n\
               fcntl.ioctl(f,0x400454cd,803)";
    host.run("python3", &["-c", set]).unwrap();
    inside(&host, &[], "refuse::a_radio", "");
}

#[test]
#[ignore = "a part of a_link_layer_that_is_not_decoded_is_named"]
fn a_radio() {
    if told().is_none() {
        return;
    }
    let error = refused(&LiveOptions::of("radio0"));
    assert!(matches!(error, LiveError::LinkLayer { hardware: 803, .. }), "{error:?}");
    let said = error.to_string();
    assert!(said.starts_with("radio0 carries radio frames (monitor mode) (hardware"), "{said}");
}

fn refused(options: &LiveOptions) -> LiveError {
    match LiveCapture::open(options.clone()) {
        Err(CaptureError::Live(error)) => error,
        other => panic!("{other:?}"),
    }
}
