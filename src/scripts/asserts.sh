#!/usr/bin/env bash
# What the spec asserts of restored databases. A part of drill.sh, sourced, never run.
#
# Each is one expression, asked by the backup role, who reads everything and writes nothing, in a
# read-only transaction that ends after a while. It sees what an application would: the settings of the
# database are in force. What it says must be true; false, null and no row are not.
#
# ## Log lines
#
# - `event=assert database= number= result=true|false|error seconds= detail=`: its place in the spec, from 1
set -Eeuo pipefail

asserted=0
refuted=0 first_refuted=''

# look_for_asserted MANIFEST: an assert of a database that the backup does not hold is never true.
look_for_asserted() {
    MANIFEST=$1 query "$home" <<'SQL'
\set manifest `cat -- "$MANIFEST"`
\getenv asserts ASSERTS
select position, to_json(database)
from rows from (jsonb_to_recordset(:'asserts') as (database text)) with ordinality as asserted(database, position)
where database not in (select name from jsonb_to_recordset(:'manifest'::jsonb -> 'databases') as held(name text))
order by position limit 1;
SQL
    REPLY=$(<"$work/rows")
    [[ -z $REPLY ]] || end 3 "backup $id does not hold database ${REPLY#*|}, of which assert ${REPLY%%|*} of backup.drill.asserts speaks: correct the name, or see why it is not backed up"
}

# run_asserts NAME: those of the database that was just restored, all of them.
run_asserts() {
    local name=$1 number numbers=()
    DATABASE=$name query "$home" <<'SQL'
\getenv database DATABASE
\getenv asserts ASSERTS
select position
from rows from (jsonb_to_recordset(:'asserts') as (database text)) with ordinality as asserted(database, position)
where database = :'database'::jsonb #>> '{}'
order by position;
SQL
    mapfile -t numbers <"$work/rows"
    ((${#numbers[@]} > 0)) || return 0
    # A plan without statistics may take hours.
    analyze
    step asserts "asking what is asserted of database $name"
    for number in "${numbers[@]}"; do
        run_assert "$name" "$number"
    done
}

# run_assert NAME NUMBER: \gexec sends it as it is: no line of it is a command of psql.
run_assert() {
    local name=$1 number=$2 since=$SECONDS result=true detail='' rc=0
    NUMBER=$number PGOPTIONS="-c client_min_messages=warning -c default_transaction_read_only=on -c role=none -c statement_timeout=${ASSERT_SECONDS}s" \
        as_backup sql "$working" <<'SQL' || rc=$?
\getenv asserts ASSERTS
\getenv number NUMBER
begin isolation level repeatable read, read only;
select pg_catalog.format(E'select (\n%s\n)::pg_catalog.bool is true', asserted.sql)
from rows from (pg_catalog.jsonb_to_recordset(:'asserts') as (sql pg_catalog.text)) with ordinality as asserted(sql, position)
where position operator(pg_catalog.=) :number
\gexec
rollback;
SQL
    REPLY=$(<"$work/rows")
    if ((rc != 0)); then
        result=error
        reason
        is_running || failure 'it was killed'
        detail=$REPLY
        show "$work/errors"
    elif [[ $REPLY != t ]]; then
        result=false
    fi
    asserted=$((asserted + 1))
    quote "$detail"
    log "event=assert database=$name number=$number result=$result seconds=$((SECONDS - since)) detail=$REPLY"
    [[ $result != true ]] || return 0
    refuted=$((refuted + 1))
    [[ -z $first_refuted ]] || return 0
    first_refuted="assert $number of backup.drill.asserts, of database $name, is not true"
    [[ -z $detail ]] || first_refuted="assert $number of backup.drill.asserts, of database $name, cannot be asked: $detail"
}

end_by_asserts() {
    ((refuted > 0)) || return 0
    ((refuted == 1)) || first_refuted+=" (and $((refuted - 1)) more, see the log)"
    end 3 "backup $id was restored and is equal to what was backed up, but $first_refuted: look whether the database itself lacks what is asserted, or correct the assert"
}
