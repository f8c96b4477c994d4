#!/usr/bin/env bash
# Writes what robfig/cron 3.0.1 makes of schedules to standard output, as data/cron.tsv holds it.
# Wants Go and the library, as Debian packages them: golang-go and golang-github-robfig-cron-dev.
set -Eeuo pipefail

here=$(cd "$(dirname "$0")" && pwd)
library=${ROBFIG_CRON:-/usr/share/gocode/src/github.com/robfig/cron}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$work/src/github.com/robfig/cron/v3" "$work/src/table"
cp "$library"/*.go "$work/src/github.com/robfig/cron/v3/"
rm -f "$work"/src/github.com/robfig/cron/v3/*_test.go
cp "$here/main.go" "$work/src/table/"

echo '# Written by data/cron/recipe.sh: expression, then `no` (refused), `every`, or a zone and pairs of'
echo '# an instant and the seconds from it to the next three runs (`later`: after 2025; `never`: robfig/cron gave up).'
cd "$work/src/table"
GO111MODULE=off GOPATH=$work GOCACHE=$work/cache go run .
