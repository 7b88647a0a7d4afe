# As tools.sh, by a unit that does not lead: what Juju 3.6.11 said is in ../follower.txt, 2.9.42 in ../follower-2.9.txt.
t() { echo "\$ $*"; "$@" 2>&1; echo "  rc=$?"; }
t is-leader
t is-leader --format=json
t relation-set -r db:3 --app x=y
t relation-set -r db:3 --app x=
t relation-set -r db:3 mine=1
t relation-get -r db:3 mine kc/1
t relation-get -r db:3 --app database pg
t relation-get -r db:3 host pg/0
t status-set --application active up
t status-get --application
t status-get --application --format=json
t status-set active
exit 0
