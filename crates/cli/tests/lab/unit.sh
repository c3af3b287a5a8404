#!/bin/sh
# Runs below a systemd of its own: what becomes of the sensor's unit, a word and a value a line.
say() { echo "$1=$2" >>/unit.out; }
of() { systemctl show -P "$1" ostium-sensor; }
config() { printf 'interfaces = ["lo"]\nmode = "block"\n%s\n' "$1" >/etc/ostium/sensor.toml; }
asked() { ostium status --socket /run/ostium/sensor.sock; }

ip link set lo up
systemd-sysusers /etc/unit-user.conf
config ''
# Ready is told, not guessed: the socket answers as soon as the start has succeeded.
systemctl start ostium-sensor; say start $?
asked >/dev/null 2>&1; say answers $?
pid=$(of MainPID)
say state "$(of ActiveState)"
say user "$(stat -c %U:%G /proc/$pid)"
for key in CapEff CapPrm CapBnd CapAmb NoNewPrivs Seccomp; do
  say "$key" "$(awk -v key="$key:" '$1 == key { print $2 }' /proc/$pid/status)"
done
say socket "$(stat -c %U:%G:%a /run/ostium/sensor.sock)"
say folder "$(stat -c %U:%G:%a /var/lib/ostium)"
ostium block 198.51.100.9 --for 1h --because 'a test' --socket /run/ostium/sensor.sock >/dev/null 2>&1
say block $?
nft list table inet ostium | grep -c 198.51.100.9 | { read -r n; say blocked "$n"; }

config 'site = "another"'
systemctl reload ostium-sensor; say reload $?
config 'moed = 1'
systemctl reload ostium-sensor 2>/dev/null; say refused $?
kill -HUP "$pid"; sleep 1
say same "$([ "$(of MainPID)" = "$pid" ] && echo yes)"
config ''

# It hangs: the watchdog ends it, and it comes back with its blocks.
kill -STOP "$pid"
i=0
while [ $i -lt 60 ]; do
  now=$(of MainPID)
  [ "$now" != "$pid" ] && [ "$now" != 0 ] && [ "$(of ActiveState)" = active ] && break
  i=$((i + 1)); sleep 0.5
done
say restarts "$(of NRestarts)"
say again "$(asked 2>/dev/null | grep -c '198.51.100.9')"

systemctl stop ostium-sensor; say stop $?
say stopped "$(of ActiveState)/$(of Result)"
nft list table inet ostium | grep -c 198.51.100.9 | { read -r n; say stands "$n"; }
journalctl --no-pager -u ostium-sensor >/unit.log 2>&1
say done yes
systemctl poweroff
