//! A miner's pool is cut off as soon as its work is taken, not when the host's turn comes to be
//! looked at.

use std::time::Duration;

use ostium_lab::wait_for;

use crate::gateway::Gateway;

const SOON: Duration = Duration::from_secs(10);
/// The pool: hands out a job, takes what comes, and goes on answering.
const POOL: &str = r#"
import json,socket
s=socket.create_server(('198.51.100.8',3333))
while True:
    c,_=s.accept()
    job={'blob':'ab'*76,'job_id':'a1b2c3','target':'ffff0000','height':3300001}
    say=lambda what: c.sendall(json.dumps(what).encode()+b'\n')
    try:
        for line in c.makefile('r'):
            word=json.loads(line)
            if word['method']=='login': say({'id':1,'jsonrpc':'2.0','error':None,'result':{'id':'1','job':job,'status':'OK'}})
            elif word['method']=='submit': say({'id':2,'jsonrpc':'2.0','error':None,'result':{'status':'OK'}})
            else: say({'id':3})
    except OSError: pass
"#;
/// The miner: says in milliseconds how long the pool answered it after it took its work; `late`
/// when it did for longer than anybody should wait.
const MINER: &str = r#"
import json,socket,time
for attempt in range(50):
    try: c=socket.create_connection(('198.51.100.8',3333),2); break
    except OSError: time.sleep(0.1)
c.settimeout(0.5)
lines=c.makefile('r')
def ask(what):
    c.sendall(json.dumps(what).encode()+b'\n')
    return lines.readline()
ask({'id':1,'jsonrpc':'2.0','method':'login','params':{'login':'4'+'A'*94,'pass':'x','agent':'miner/6.2','algo':['rx/0']}})
time.sleep(1)
ask({'id':2,'jsonrpc':'2.0','method':'submit','params':{'id':'1','job_id':'a1b2c3','nonce':'01020304','result':'cd'*32}})
taken=last=time.monotonic()
try:
    while time.monotonic()<taken+3:
        if not ask({'id':3,'jsonrpc':'2.0','method':'keepalived','params':{'id':'1'}}): break
        last=time.monotonic()
        time.sleep(0.0005)
    else: print('late'); raise SystemExit
except OSError: pass
print((last-taken)*1000)
"#;
/// The host's turn comes once in a minute.
const SELDOM: &str = "mode = 'block'\nlook-every = '60s'\n";
/// Far below that, and far above what it takes on machines that others use: no measurement.
const AT_ONCE: Duration = Duration::from_millis(500);

/// Mines; how long the pool went on answering.
fn answered_for(all: &Gateway) -> Option<Duration> {
    let said = all.inside.run("python3", &["-c", MINER]).unwrap();
    let millis: f64 = said.trim().parse().ok()?;
    Some(Duration::from_secs_f64(millis / 1000.0))
}

#[test]
fn a_pool_is_cut_off_when_it_takes_work_but_not_by_who_may_mine() {
    let Some(all) = Gateway::new("pool") else { return };
    let _pool = all.outside.start("python3", &["-c", POOL]).unwrap();
    let config = all.path("sensor.toml");
    let role = "[[role]]\nhost = '10.0.0.2'\nrole = 'miner'\n";
    std::fs::write(&config, [SELDOM, role].concat()).unwrap();
    let sensor = all.sensor(&["--config", &config]);
    assert_eq!(answered_for(&all), None, "its owner wants it");
    assert!(!all.blocks("198.51.100.8"));
    sensor.signal("TERM").unwrap();
    sensor.finish(SOON).unwrap();

    std::fs::write(&config, SELDOM).unwrap();
    std::fs::remove_dir_all(all.folder.join("state")).unwrap();
    let _sensor = all.sensor(&["--config", &config]);
    let after = answered_for(&all);
    eprintln!("the pool was cut off {after:?} after it took work");
    assert!(after.is_some_and(|after| after < AT_ONCE), "{after:?}: {}", all.said(&["status"]));
    assert!(wait_for(SOON, || all.blocks("198.51.100.8")), "{}", all.said(&["status"]));
    assert!(all.reaches("198.51.100.7", 80, "hello"), "others are untouched");
}
