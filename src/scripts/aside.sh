#!/usr/bin/env bash
# What becomes of a restore that is not what was backed up: it is kept aside, closed, with the list of
# what differs, until a person accepts exactly that list, or drops it. A part of restore.sh, sourced,
# never run.
#
# The list stands in the log, and with the mark of the database. ACCEPT names a list by its digest,
# which is also of the backup, the database and the tables. A database that was kept is opened and
# proven again, without loading it again: whatever was done to it since makes another list.
#
# ## Log lines
#
# - `event=aside name= digest= differences= result=found|accepted|kept|closed|refused detail=`: `found`: what is
#   accepted was kept by an earlier restore; `closed`: it was still open, after a restore that was killed or a person's
#   look; `refused`: it could not be renamed
# - `event=entry kind= name= detail= result=failed`: as salvage.sh has told it, when that was kept
set -Eeuo pipefail

# The database that an earlier restore has kept, if that is proven now.
reused=''
# With its last lines a comment says what is not in it: a list may be long.
readonly most_listed=1000

# find_kept: whether what is accepted was kept. Of tables alone it is not known which: they are loaded again.
find_kept() {
    local of
    [[ -n $ACCEPT && $TABLES == '[]' ]] || return 0
    export ACCEPT
    query "$home" <<'SQL'
\getenv accept ACCEPT
select split_part(:mark(oid, 'pg_database'), ' ', 5), datname from pg_database
where starts_with(:mark(oid, 'pg_database'), format('underpin: differs %s from ', :'accept'))
and :acts_for(datdba, 'member') and datconnlimit <> -2
order by oid desc
limit 1;
SQL
    [[ -s $work/rows ]] || return 0
    of=$(<"$work/rows")
    reused=${of#*|} of=${of%%|*}
    if ! is_id "$of"; then
        reused=''
        return 0
    fi
    # What it holds is that backup's, and no other's.
    if [[ $of != "$id" ]]; then
        again_with "BACKUP=$of" BEFORE=
        end 3 "ACCEPT=$ACCEPT is the list of backup $of, and this restore is of backup $id: leave ACCEPT out to restore that, or accept what backup $of gave: $REPLY"
    fi
    working=$reused
    quote "$reused"
    log "event=aside name=$REPLY digest=$ACCEPT differences= result=found"
}

open_kept() {
    step open 'opening the database that was kept aside'
    read_description
    # What failed then is not tried again.
    WORKING=$working query "$home" <<'SQL'
\getenv working WORKING
select line from pg_database
cross join lateral regexp_split_to_table(:mark(oid, 'pg_database'), '\n') as line
where datname = :'working' and line like 'event=entry % result=failed';
SQL
    cp "$work/rows" "$work/failed"
    WORKING=$working query "$home" <<'SQL'
\getenv working WORKING
select format(:'let_in', :'working', 'true') \gexec
SQL
}

# close_kept: after the swap it has another mark.
close_kept() {
    WORKING=$working PGUSER=$restorer PGDATABASE=$home PGPASSWORD=$restorer_password timeout 20 psql -X -w -q -A -t "${statements[@]}" -f - >/dev/null 2>&1 <<'SQL'
\getenv working WORKING
select format(:'let_in', datname, 'false') from pg_database
where datname = :'working' and :mark(oid, 'pg_database') like 'underpin: differs %'
\gexec
SQL
}

# close_left_open: those that a restore which was killed has left open. Who restores has the lock.
close_left_open() {
    local name
    query "$home" <<'SQL'
select to_json(datname::text) from pg_database
where :mark(oid, 'pg_database') like 'underpin: differs %' and datallowconn and :acts_for(datdba, 'member');
select format(:'let_in', datname, 'false') from pg_database
where :mark(oid, 'pg_database') like 'underpin: differs %' and datallowconn and :acts_for(datdba, 'member')
\gexec
SQL
    while IFS= read -r name; do
        log "event=aside name=$name digest= differences= result=closed"
    done <"$work/rows"
}

# differs: what prove calls when it has found differences. It comes back if exactly these are accepted.
differs() {
    {
        printf '%s\n' "$id" "$DATABASE" "$TABLES"
        cat "$work/differences"
    } >"$work/list"
    digest=$(sha256sum <"$work/list")
    digest=${digest:0:32}
    if [[ $ACCEPT == "$digest" ]]; then
        quote "$working"
        log "event=aside name=$REPLY digest=$digest differences=$differences result=accepted"
        return 0
    fi
    keep_aside
}

keep_aside() {
    local aside=$working
    step aside 'putting it aside, since it differs'
    close_loader
    made=no # from here on it is not rubbish
    if [[ -z $reused ]]; then
        dated "$TARGET" differs
        aside=$REPLY
    fi
    {
        printf 'underpin: differs %s from %s with %s differences by %s\n' "$digest" "$id" "$differences" "$JOB_UID"
        grep ' result=failed$' "$work/differences" || true
        grep -v ' result=failed$' "$work/differences" | head -n "$most_listed" || true
        ((differences <= most_listed)) || printf 'and more, see the log\n'
    } >"$work/mark"
    if ! close_as "$aside"; then
        # It is as well kept under the name that it has.
        quote "$REPLY"
        log "event=aside name=$working digest=$digest differences=$differences result=refused detail=$REPLY"
        aside=$working
        WORKING=$working ASIDE=$aside MARK=$work/mark query "$home" -f "$scripts/restore-aside.sql"
    fi
    reused=''
    quote "$aside"
    log "event=aside name=$REPLY digest=$digest differences=$differences result=kept"
    end_kept "$REPLY"
}

# close_as NAME: gives the working database that name, closed and marked, if its sessions let it be.
close_as() {
    local since=$SECONDS
    until TARGET='' WORKING=$working ASIDE=$1 MARK=$work/mark rename restore-aside.sql; do
        case $SQLSTATE:$REPLY in
            *'being accessed by other users'* | *'deadlock'* | *'lock timeout'* | *'tuple concurrently updated'*)
                ((SECONDS - since < 60)) || return 1
                ;;
            *) return 1 ;;
        esac
        pause 1
    done
}

# kept_before: ends it as the pod of this Job did, or would have done, that has put one aside.
kept_before() {
    local mark
    [[ -n $JOB_UID ]] || return 0
    query "$home" <<'SQL'
\getenv job JOB_UID
select to_json(datname::text) from pg_database
where :mark(oid, 'pg_database') like 'underpin: differs %'
and split_part(split_part(:mark(oid, 'pg_database'), E'\n', 1), ' by ', 2) = :'job'
order by oid desc limit 1;
select :mark(oid, 'pg_database') from pg_database
where :mark(oid, 'pg_database') like 'underpin: differs %'
and split_part(split_part(:mark(oid, 'pg_database'), E'\n', 1), ' by ', 2) = :'job'
order by oid desc limit 1;
SQL
    [[ -s $work/rows ]] || return 0
    { read -r kept && read -r mark; } <"$work/rows"
    [[ $mark =~ ^underpin:\ differs\ ([0-9a-f]{32})\ from\ ([0-9A-Za-z-]+)\ with\ ([0-9]+)\ differences ]] || return 0
    digest=${BASH_REMATCH[1]} id=${BASH_REMATCH[2]} differences=${BASH_REMATCH[3]}
    sed 1,2d "$work/rows" >"$work/differences"
    log_lines "$work/differences"
    log "event=aside name=$kept digest=$digest differences=$differences result=kept"
    end_kept "$kept"
}

# end_kept NAME: what differs first, where the rest stands, and what a person can do.
end_kept() {
    local first more accept
    first_difference
    first=$REPLY
    [[ -z $ACCEPT ]] || more+=". The list that ACCEPT names is another one"
    again_with "BACKUP=$id" BEFORE= "ACCEPT=$digest"
    accept=$REPLY
    end 3 "what was restored from backup $id is not what was backed up: $first$more. It is kept aside, closed, as the database $1, with its list; nothing that serves was changed. To look into it first: RUNBOOK, \"A restore that differs\". To accept exactly this list: $accept; else $otherwise"
}
