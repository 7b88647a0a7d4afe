# Run by the probe charm, and once by the real hook tools of Juju 3.6.11: what those said is in ../tools.txt.
t() { echo "\$ $*"; "$@" 2>&1; echo "  rc=$?"; }
t config-get
t config-get --format=json
t config-get --format=yaml
t config-get port
t config-get port --format=json
t config-get nosuch
t config-get nosuch --format=json
t config-get debug
t config-get port debug
t config-get --format=toml
t config-get --nope
t config-get port --format
t config-get port --all
t config-get --all=x --format=json
t config-get -a=false --format=json
t is-leader
t is-leader --format=json
t is-leader --format=yaml
t is-leader x
t is-leader -format=json
t relation-ids db
t relation-ids db --format=json
t relation-ids db --format=yaml
t relation-ids nosuch
t relation-ids nosuch --format=json
t relation-ids
t relation-list
t relation-list -r db:3
t relation-list -r db:3 --format=json
t relation-list -r db
t relation-get --format=json
t relation-get -r db:3 host pg/0
t relation-get -r db:3 --format=json host pg/0
t relation-get -r db:3 host pg/0 extra
t relation-get -r db:3 nokey pg/0
t relation-get -r db:3 nokey pg/0 --format=json
t relation-get --format=json -r 3 --app - pg
t relation-get -r=db:3 - pg --app
t relation-get -r=db:3 - pg/0 --app --format=json
t relation-get -r=db:3 - pg --format=json
t relation-get -r=db:3 - Pg/x
t relation-model-get -r db:3
t relation-model-get -r db:3 --format=json
t relation-set -r db:3 k=v
t relation-get -r db:3 k kc/0
t relation-set -r db:3 k=
t relation-get -r db:3 k kc/0 --format=json
t relation-set -r=db:3 "a key=1"
t relation-set -r=db:3 "--x=1"
t relation-set -r=db:3 -- "--x=1"
t relation-get -r=db:3 "a key" kc/0
t relation-get -r=db:3 -- --x kc/0
t relation-set -r=db:3 novalue
t relation-set -r=db:3 a=1 a=2
t relation-set a=1
t relation-set --app -r db:3 x=y
t relation-get --app -r db:3 - kc --format=json
t relation-set -r db:3 --file /nosuch/nosuch
t status-set blocked "need a database"
t status-get
t status-get --format=yaml
t status-get --format=json
t status-get --include-data
t status-get --format=json --include-data
t status-set bogus x
t status-set unknown
t status-set
t status-set active a b
t status-set active "--weird"
t status-set -- active "--weird"
t status-set active -- "--weird"
t status-set active ""
t status-set maintenance "two words"
t state-get
t state-get --format=json
t state-get flags
t state-get flags --format=yaml
t state-get nope
t state-get nope --format=json
t state-get nope --format=yaml
t state-get nope --strict
t state-set a=1 "b= x "
t state-get
t state-get a --format=yaml
t state-set
t state-set a
t state-set "=v"
t state-set "k="
t state-set "x=$(printf 'multi\nline')"
t state-get x
t state-get x --format=json
t state-get x --format=yaml
t state-set "html=<a&b>" "yes=yes" "t=true" "n=null" "d=2001-01-01" "u=grün" "c=a: b" "q='"
t state-get
t state-get --format=json
t state-get - --format=yaml
t state-delete a
t state-delete
t state-delete a b
t juju-log -l DEBUG hello
t juju-log --log-level=INFO "--foo bar"
t juju-log --log-level=INFO -- "--foo bar"
t juju-log ""
t juju-log
t open-port
t open-port 99999
t open-port 10-5
t open-port abc
t open-port 8080/foo
t open-port icmp/x 5
t secret-add
t secret-add a=b
t secret-add key
t secret-add key=
t secret-add --owner=nobody key=v
t secret-add --rotate=often key=v
t secret-add --expire=soon key=v
t secret-add --expire=-5m key=v
t secret-get
t secret-get nosuch
t secret-get secret:zzz
t secret-get --peek --refresh secret:9m4e2mr0ui3e8a215n4g
t secret-info-get
t secret-grant
t secret-grant nosuch
t secret-grant secret:9m4e2mr0ui3e8a215n4g
t secret-revoke
t secret-revoke secret:9m4e2mr0ui3e8a215n4g
t secret-remove
t secret-set
t network-get
t network-get ""
t unit-get
t unit-get x
t goal-state --format=smart
t goal-state x
t resource-get
t resource-get a b
t application-version-set
t application-version-set 1 2
t leader-get a=b
t leader-set x
t action-set novalue
t action-set stdout=1
t action-set A=1
t action-fail a b
t action-log
t storage-list a b
f() { echo "\$ ... | $*"; "$@" 2>&1; echo "  rc=$?"; }
printf 'c: "3"\nd: x\n' | f state-set --file -
printf 'a: true\nb: 1.50\nc: null\nd: 0x10\n' | f state-set --file - b=arg
printf 'a: [1,2]\n' | f state-set --file -
printf 'a: {b: 1}\n' | f relation-set -r db:3 --file -
printf 'one = two' | f state-set --file -
printf '{j: "1", n: 5}' | f relation-set -r db:3 --file -
t relation-get -r db:3 n kc/0
t state-get
t action-get
t action-get --format=json
t action-get nosuch
t action-get nosuch --format=json
t action-set done=1 a.b=2
t action-set
t action-log hello
t application-version-set 1.2.3
t open-port 8080
t open-port 100-110/udp
t open-port icmp
t opened-ports
t opened-ports --format=json
t opened-ports --endpoints
t close-port 8080/tcp
t opened-ports --format=yaml
t close-port 100-110/udp
t close-port icmp
t opened-ports
t opened-ports --format=json
exit 0
