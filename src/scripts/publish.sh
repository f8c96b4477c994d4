#!/usr/bin/env bash
# What makes a backup of dumps and proofs: the roles, a manual, sums, the manifest, and the rename.
# A part of backup.sh, sourced, never run.
#
# ## Log lines
#
# - `event=globals id= result=started|left-out`, `event=sums id= result=started`, `event=publish id= result=started`
# - `event=backup id= databases= bytes= seconds= verify= result=published`
set -Eeuo pipefail

dump_globals() {
    doing='dumping roles'
    if [[ $GLOBALS == false ]]; then
        log "event=globals id=$backup_id result=left-out"
        return 0
    fi
    log "event=globals id=$backup_id result=started"
    PGPASSWORD=$password PGDATABASE=$home await apart pg_dumpall -w -g --no-role-passwords -f "$partial/globals.sql" 2>"$work/errors" ||
        fail_by "$work/errors" pg_dumpall 'pg_dumpall of the roles failed'
    [[ -s $partial/globals.sql ]] || write_failed 'the roles could not be written'
}

write_manual() {
    cat >"$partial/RESTORE.md" 2>"$work/errors" <<'MANUAL' || write_failed 'RESTORE.md could not be written'
# How to restore this backup with nothing but PostgreSQL

This folder is a whole backup of a PostgreSQL server. Underpin made it; it is not needed to read it.

- `manifest.json`: what it is: the server, the databases with their folders, what was left out.
- `SHA256SUMS`: of all files but the manifest. `manifest.sha256`: of the manifest.
- `globals.sql`: roles and tablespaces, without passwords. SQL for psql. Of a managed server, which
  keeps its roles to itself, there is none.
- `1/`, `2/`, …: one database each. `dump/` is an archive of `pg_dump -Fd`. `schema.sql` is its
  schema as text, to read. `proof.jsonl` says what each table held: the number of its rows, a hash of them.
  `database.json`: what belongs to the database and stands in no dump. `rehearsal.json` says whether a
  restore was tried, what would not come back, and the statement that fixes it.

You need `pg_restore` and `psql` of the major version in the manifest (`client_version`) or a later
one, and a server of that version or a later one. `zstd` files (`.zst`) need no program of their own.

1. Is it whole? In this folder: `sha256sum -c manifest.sha256 && sha256sum --quiet -c SHA256SUMS`
2. The roles, as a superuser: `psql -d postgres -f globals.sql`. Errors that say that a role exists
   are harmless. Set passwords: `\password NAME`. Without globals.sql make those that `database.json`
   names under `roles`: `create role NAME`.
3. For each database: look up its name and folder in `manifest.json`, its owner, encoding and locale
   in `database.json`, then, for folder 1 and a database named orders that belongs to orders:

       createdb --template=template0 --owner=orders orders
       pg_restore --exit-on-error --jobs=2 --dbname=orders 1/dump

   A database whose name holds `=` goes by the environment: `PGDATABASE='a=b' pg_restore -d '' 1/dump`.
4. Settings and grants of the database itself stand in `database.json`: `ALTER DATABASE … SET`, `GRANT`.
5. `psql -d orders -c analyze`

An extension that only one database of a server can hold (pg_cron) is left out with what is its own:

    pg_restore --list 1/dump | grep -v -w -e pg_cron -e cron >list
    pg_restore --exit-on-error --use-list=list --dbname=orders 1/dump

One table alone: `pg_restore --list 1/dump`, then `pg_restore --table=NAME --schema=SCHEMA --dbname=… 1/dump`.
To look without a server: `pg_restore --file=- 1/dump | less`.
MANUAL
}

write_sums() {
    doing='writing the sums'
    log "event=sums id=$backup_id result=started"
    sums_of_all >"$partial/SHA256SUMS" 2>"$work/errors" || write_failed 'SHA256SUMS could not be written'
    last_look
}

sums_of_all() {
    local number
    for ((number = 1; number <= folder; number++)); do
        cat "$work/sums.$number" || return 1
    done
    cd "$partial" || return 1
    find . -type f ! -path '*/dump/*' ! -name SHA256SUMS -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
}

# last_look: the last look: the sums are of exactly the files of the folder, each line is well formed,
# and the dumps have the sizes that they had when they were read.
last_look() {
    local number line
    doing='looking at the sums once more'
    LC_ALL=C sed -n 's/^[0-9a-f]\{64\}  //p' "$partial/SHA256SUMS" | LC_ALL=C sort >"$work/want"
    (cd "$partial" && find . ! -type d ! -name SHA256SUMS | LC_ALL=C sort) >"$work/have"
    if ! { [[ -s $work/want && $(wc -l <"$work/want") == "$(wc -l <"$partial/SHA256SUMS")" ]] && cmp -s "$work/want" "$work/have"; }; then
        end 1 'SHA256SUMS does not name the files of this backup: was something else writing there? Nothing was published; a retry may help'
    fi
    for ((number = 1; number <= folder; number++)); do
        cat "$work/sizes.$number"
    done | LC_ALL=C sort >"$work/want"
    (cd "$partial" && find . -path '*/dump/*' -type f -exec stat -c '%s %n' {} + | LC_ALL=C sort) >"$work/have"
    if ! { [[ -s $work/want ]] && cmp -s "$work/want" "$work/have"; }; then
        end 1 'files of a dump changed after they were read: was something else writing there? Nothing was published; a retry may help'
    fi
}

# enter_backup: has the server number this backup and keep its token, by which it is known again as its own: before
# anything is published, since no one can tell it from a copy of itself afterwards.
enter_backup() {
    local id highest=0
    [[ -n $bootstrap ]] || return 0
    doing='having the server number the backup'
    for id in "${ids[@]}"; do
        [[ ${system_of[$id]-} != "$system_identifier" ]] || ((highest >= ${number_of[$id]:-0})) || highest=${number_of[$id]}
    done
    token=$(od -An -v -N16 -tx1 /dev/urandom | tr -d ' \n')
    sql "$home" -v id="$backup_id" -v token="$token" -v highest="$highest" -f - <<'SQL' || fail_by "$work/errors" psql 'the server could not number the backup'
begin read write;
select underpin.enter_backup(:'id', :'token', :highest);
commit;
SQL
    number=$(<"$work/rows")
    [[ $number =~ ^[1-9][0-9]*$ ]] || end 1 "the server numbered the backup with \"$number\": a retry may help"
}

# One key a line, simple ones first: bash reads it too.
write_manifest() {
    local sums sizes size bytes=0 files=0 system list='' i
    doing='writing the manifest'
    mapfile -t sizes < <(cd "$partial" && find . -type f -exec stat -c %s {} +)
    for size in "${sizes[@]}"; do
        bytes=$((bytes + size)) files=$((files + 1))
    done
    sums=$(sha256sum <"$partial/SHA256SUMS")
    for system in "${!descent[@]}"; do
        list+="${list:+, }{\"system_identifier\": \"$system\", \"through\": \"${descent[$system]}\"}"
    done
    utc %Y-%m-%dT%H:%M:%SZ
    finished=$REPLY
    {
        printf '{\n  "format": 1,\n  "proof": 2,\n'
        for i in "id|$backup_id" "name|$NAME" "namespace|$NAMESPACE" "system_identifier|$system_identifier" \
            "server_version|${server_version%% *}" "client_version|$client_version" "schedule|$SCHEDULE" "verify|$VERIFY" \
            "started|$started" "finished|$finished"; do
            json "${i#*|}"
            printf '  "%s": %s,\n' "${i%%|*}" "$REPLY"
        done
        [[ -z $number ]] || printf '  "number": %s,\n  "token": "%s",\n' "$number" "$token"
        printf '  "globals": %s,\n' "$GLOBALS"
        printf '  "seconds": %s,\n  "bytes": %s,\n  "files": %s,\n  "sums": "%s",\n  "descends_from": [%s],\n' \
            "$((SECONDS - began))" "$bytes" "$files" "${sums%% *}" "$list"
        printf '  "databases": ['
        list_of ${objects[@]+"${objects[@]}"}
        printf '],\n  "left_out": ['
        list_of ${left_out[@]+"${left_out[@]}"}
        printf ']\n}\n'
    } >"$partial/manifest.json" 2>"$work/errors" || write_failed 'the manifest could not be written'
    (cd "$partial" && sha256sum manifest.json >manifest.sha256) 2>"$work/errors" || write_failed 'manifest.sha256 could not be written'
    backup_bytes=$bytes
}

list_of() {
    local separator=$'\n' item
    for item; do
        printf '%s    %s' "$separator" "$item"
        separator=$',\n'
    done
    (($# == 0)) || printf '\n  '
}

# pg_dump has synced the dumps. The rename is what makes it a backup.
publish() {
    local files
    doing='publishing the backup'
    log "event=publish id=$backup_id result=started"
    mapfile -t files < <(find "$partial" ! -path '*/dump/*')
    await sync "${files[@]}" 2>"$work/errors" || write_failed 'the backup could not be synced'
    hold
    [[ ! -e $destination/$backup_id ]] || end 1 "there is a backup $backup_id already: a retry makes another id"
    mv "$partial" "$destination/$backup_id" 2>"$work/errors" || write_failed 'the backup could not be renamed'
    published=$backup_id partial=''
    await sync "$destination" || true
    log "event=backup id=$backup_id databases=${#objects[@]} bytes=$backup_bytes seconds=$((SECONDS - began)) verify=$VERIFY result=published"
}
