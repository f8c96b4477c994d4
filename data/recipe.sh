#!/usr/bin/env bash
# Writes the files beside it from real servers: recipe.sh BINARIES..., where each is the folder of one
# PostgreSQL (with bin/ in it), one for each major. See README.md for where to get them.
set -Eeuo pipefail
export LC_ALL=C TZ=UTC

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp --directory)
server=''

# PostgreSQL does not run as root.
as=()
if ((EUID == 0)); then
  as=(setpriv --reuid 65534 --regid 65534 --clear-groups)
  chown 65534:65534 "$scratch"
fi

clean() {
  if [[ -n $server ]]; then
    "${as[@]}" "$server" stop --pgdata "$scratch/data" --mode immediate --silent || true
  fi
  rm -rf -- "$scratch"
}
trap clean EXIT

# A server of the binaries $1, listening on a socket alone.
start() {
  rm -rf -- "$scratch/data"
  "${as[@]}" "$1/bin/initdb" --pgdata "$scratch/data" --username postgres --auth trust \
    --no-locale --encoding UTF8 --no-sync >/dev/null
  server=$1/bin/pg_ctl
  "${as[@]}" "$server" start --pgdata "$scratch/data" --wait --silent --log "$scratch/log" \
    --options "-c listen_addresses='' -c unix_socket_directories='$scratch'"
}

stop() {
  "${as[@]}" "$server" stop --pgdata "$scratch/data" --mode fast --silent
  server=''
}

ask() {
  "$1/bin/psql" --no-psqlrc --quiet --tuples-only --no-align --field-separator $'\t' --set ON_ERROR_STOP=1 \
    --host "$scratch" --username postgres --dbname postgres --command "$2"
}

# The settings of the binaries $1.
settings() {
  printf '# pg_settings of PostgreSQL %s, written by recipe.sh\n' "$(ask "$1" 'show server_version')"
  printf '# name\tcontext\ttype\tunit\tmin\tmax\tvalues\tdefault\tdescription\n'
  # What the build, the machine or initdb decides is no fact about PostgreSQL.
  ask "$1" "select name, context, vartype, coalesce(unit, ''), coalesce(min_val, ''), coalesce(max_val, ''),
      coalesce(array_to_string(enumvals, ','), ''),
      case when name in ('krb_server_keyfile', 'unix_socket_directories') then '' else coalesce(boot_val, '') end,
      short_desc
    from pg_settings
    where name not like '%.%'
    order by lower(name) collate \"C\""
}

# What the server makes of setting $2 with the value $3: one line.
verdict() {
  local shown
  if shown=$("${as[@]}" "$1/bin/postgres" -D "$scratch/data" -C "$2" -c "$2=$3" 2>/dev/null); then
    printf '%s\t%s\taccepted\t%s\n' "$2" "$3" "$shown"
  else
    printf '%s\t%s\trefused\t\n' "$2" "$3"
  fi
}

# Forms of values, on settings of every type and unit.
values() {
  local name value
  # shellcheck disable=SC2054 # commas in numbers are meant
  local numbers=(
    0 1 -1 -2 +1 7 010 08 0x10 0xg 100 1000 1e1 1E2 1e 1.4 1.5 2.5 1.6 .5 5. . - + '' ' ' ' 10' '10 '
    '10 x' 1_000 1,000 1,5 ten 0.0001 1e-3 64 65 128 2147483647 2147483648 -2147483648 -2147483649
    99999999999999999999 1e400 1e-400 nan inf -inf 10% "10'" 10kb
  )
  local memory=(
    64B 100B 8191B 8192B 1024B 1500B 1kB 8kB 63kB 64kB 100kB 12.5kB '100 kB' ' 100 kB ' 100KB 100kb 100K 100k
    1MB 1.5MB 0.1MB 64MB 64Mb 64mB 64M 64MiB 64Mi 1GB 1.5GB 30.1GB 1G 1TB 0.5TB 2TB 1023TB 1PB '1 G B'
    0x10MB 010MB 1e3kB 1e-3GB 0kB -1kB -64MB 10ms
  )
  local time=(
    1us 500us 1500us 1ms 100ms 1500ms 999.5ms 1s 1.5s 30s '30 s' 30S 30sec 90s 1min 1.5min 1m 1M 5min 1h
    1.5h 2h 1H 1d 0.5d 1day '1 d' 10d 24d 25d 0s -1s -1min 0x10s 10kB 1000000us 30000000us
  )
  local booleans=(
    on off true false yes no 1 0 ON Off TRUE t f y n tr fals ye o of 2 '' ' on' 'on ' onn enable disabled 00 01
  )
  for name in max_connections max_wal_senders vacuum_cost_limit extra_float_digits random_page_cost \
    checkpoint_completion_target hash_mem_multiplier work_mem shared_buffers min_wal_size wal_buffers \
    track_activity_query_size log_rotation_size maintenance_work_mem statement_timeout checkpoint_timeout \
    log_rotation_age autovacuum_naptime log_min_duration_statement vacuum_cost_delay wal_writer_delay; do
    for value in "${numbers[@]}"; do
      verdict "$1" "$name" "$value"
    done
  done
  for name in max_connections random_page_cost work_mem shared_buffers min_wal_size wal_buffers \
    track_activity_query_size log_rotation_size temp_file_limit; do
    for value in "${memory[@]}"; do
      verdict "$1" "$name" "$value"
    done
  done
  for name in statement_timeout checkpoint_timeout log_rotation_age vacuum_cost_delay wal_writer_delay; do
    for value in "${time[@]}"; do
      verdict "$1" "$name" "$value"
    done
  done
  for name in enable_seqscan autovacuum ssl; do
    for value in "${booleans[@]}"; do
      verdict "$1" "$name" "$value"
    done
  done
  # Every enumeration, with each of its values, what some take as well, and what none does; but the
  # isolation of a transaction, which is none before the first begins.
  while IFS= read -r name; do
    while IFS= read -r value; do
      verdict "$1" "$name" "$value"
    done < <(
      awk -F '\t' -v name="$name" '$1 == name { gsub(",", "\n", $7); print $7; print toupper($7) }' "$here/postgresql-17.tsv"
      printf '%s\n' on off true false yes no 1 0 True t 2 debug fatal info archive hot_standby nothing '' ' on'
    )
  done < <(awk -F '\t' '$3 == "enum" && $2 != "internal" && $1 != "transaction_isolation" { print $1 }' "$here/postgresql-17.tsv")
}

if (($# == 0)); then
  printf 'usage: recipe.sh BINARIES...\n' >&2
  exit 2
fi

for binaries; do
  start "$binaries"
  major=$(ask "$binaries" "select current_setting('server_version_num')::int / 10000")
  settings "$binaries" >"$scratch/settings.tsv"
  if [[ $(awk -F '\t' 'NR > 1 && NF != 9' "$scratch/settings.tsv") ]]; then
    printf 'a field of PostgreSQL %s holds a tab or a line break\n' "$major" >&2
    exit 1
  fi
  cat "$scratch/settings.tsv" >"$here/postgresql-$major.tsv"
  printf 'postgresql-%s.tsv\n' "$major"
  stop
  if ((major == 17)); then
    {
      printf '# what PostgreSQL 17 makes of values, written by recipe.sh\n# name\tvalue\tverdict\tshown\n'
      values "$binaries" | sort --unique
    } >"$scratch/values.tsv"
    cat "$scratch/values.tsv" >"$here/values-17.tsv"
    printf 'values-17.tsv\n'
  fi
done
