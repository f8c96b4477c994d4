#!/usr/bin/env bash
# The renames that put what was restored in its place. A part of restore.sh, sourced, never run.
#
# ## Log lines
#
# - `event=swap result=retry|refused detail=`
# - `event=leftover name= result=removed|kept`: an empty one that was put aside to be dropped; kept:
#   an application was quicker and has put something into it
set -Eeuo pipefail

# Both renames in one transaction: there is no moment without the database, and a kill rolls back.
# No one's session is ended before all can be.
#
# Where the locks are in the one that is renamed (home, of a server that has no other of ours), their
# sessions end with it, those of jobs that wait for them too.
swap() {
    local since said='' as_who='as superuser '
    [[ -n $bootstrap ]] || as_who=
    take_server_lock swap 'underpin backup'
    step swap 'putting it in its place'
    check_target # hours may have passed
    export WORKING=$working
    time=$(date -u +%Y%m%dt%H%M%S)
    since=$SECONDS
    while true; do
        query "$seat" <<'SQL'
\getenv target TARGET
\getenv working WORKING
select string_agg(what, ', ' order by what)
from (
    select format('process %s, a %s of role %s', pid, backend_type, to_json(usename::text)) as what
    from pg_stat_activity
    where datname in (:'target', :'working') and pid <> pg_backend_pid() and coalesce(backend_type, '') not in ('autovacuum worker', 'parallel worker')
    and (backend_type not in ('client backend', 'walsender')
         or exists (select from pg_roles where oid = usesysid and rolsuper and not (select rolsuper from pg_roles where rolname = current_user)))
    union all
    select format('the prepared transaction %s of role %s', to_json(gid), to_json(owner::text))
    from pg_prepared_xacts
    where database in (:'target', :'working')
) as blocker;
SQL
        REPLY=$(<"$work/rows")
        if [[ -z $REPLY ]]; then
            if BACKUP_ID=$id ORIGIN=$origin ORIGIN_NAMESPACE=$origin_namespace OLD=$old TIME=$time rename restore-swap.sql; then
                break
            fi
            case $SQLSTATE:$REPLY in
                *'being accessed by other users'* | *'deadlock'* | *'lock timeout'* | *'tuple concurrently updated'* | \
                    *'terminate process'* | *'process is being terminated'*)
                    [[ $seat == "$home" ]] || lost_lock "$REPLY"
                    ;;
                42501:* | *'control plane'*) refused "$REPLY" ;;
                *) failure "$REPLY" ;;
            esac
        fi
        ((SECONDS - since < 90)) || end 1 "the database $target is in use by what this job cannot end ($REPLY): end it $as_who(select pg_terminate_backend(PROCESS), rollback prepared 'NAME'), then restore again; it still serves as before"
        if [[ $REPLY != "$said" ]]; then
            said=$REPLY
            quote "$REPLY"
            log "event=swap result=retry detail=$REPLY"
        fi
        pause 1
    done
    made=no reused=''
    kept=${ROWS[*]-}
    if [[ $old == empty ]]; then
        kept=
        if [[ $seat != "$home" ]]; then
            close_session restoring
            close_session swap
            take_server_lock restoring 'underpin restore'
        fi
        step mark 'dropping the one that it takes the place of'
        drop_aside
    fi
}

# rename FILE: runs that SQL, which renames, and from a second session ends those that it waits for. What
# it says is in ROWS. Returns 1 when nothing was renamed; then REPLY and SQLSTATE say why.
rename() {
    local rc=0 why='' state=''
    open_session ending "$seat"
    ask ending 'select;'
    if ! answer ending 60; then
        cp "$work/ending.errors" "$work/errors"
        close_session ending
        return 1
    fi
    open_session renaming "$seat"
    ask renaming "\\i $scripts/$1"
    until has_answered renaming; do
        if [[ -z $why ]]; then
            ask ending "\\i $scripts/restore-end.sql"
            answer ending 60 || why=$REPLY state=$SQLSTATE
        fi
        pause 0.1
    done
    answer renaming 60 || rc=1
    cat "$work/renaming.errors" "$work/ending.errors" >"$work/errors"
    if ((rc != 0)) && [[ -n $why && $REPLY == *'being accessed by other users'* ]]; then
        REPLY=$why SQLSTATE=$state
    fi
    close_session renaming
    close_session ending
    return "$rc"
}

# refused WHY: ends the script when the server does not let this role rename the one that serves. What
# was made and proven, maybe in hours, is kept under a name of its own, if it may have one.
refused() {
    local why=$1 name state
    quote "$why"
    log "event=swap result=refused detail=$REPLY"
    show "$work/errors"
    made=no
    dated "$DATABASE" restored
    name=$REPLY
    if TARGET=$name OLD=none JOB_UID='' BACKUP_ID=$id ORIGIN=$origin ORIGIN_NAMESPACE=$origin_namespace TIME=$time rename restore-swap.sql; then
        quote "$name"
        state="what was restored, and is proven, is the database $REPLY"
    else
        [[ -n $reused ]] || mark_restored
        quote "$working"
        state="what was restored, and is proven, is the database $REPLY"
    fi
    end 3 "the server refuses to rename $target ($why): it serves as before, and $state. Use it under that name, or have both renamed by who may (alter database … rename to …)"
}

# mark_restored: so that no restore takes it for the rest of one that was killed, and drops it.
mark_restored() {
    MARK="underpin: restored $id of server $origin in $origin_namespace" query "$home" <<'SQL'
\getenv text MARK
select format(:'set_mark', 'underpin_restoring', :'text') \gexec
SQL
}

# dated NAME WORD: what a database of that name is called when it is put aside, in REPLY: with the word and
# the time. Names are cut to 63 bytes, and between characters.
dated() {
    time=$(date -u +%Y%m%dt%H%M%S)
    FULL=$1 query "$home" -v ending="_$2_$time" -f - <<'SQL'
\getenv full FULL
select left(:'full', length) || :'ending'
from generate_series(0, 63) as length
where octet_length(left(:'full', length) || :'ending') <= 63
order by length desc
limit 1;
SQL
    REPLY=$(<"$work/rows")
}

# drop_aside: drops the empty one whose place a restore took; an earlier restore may have been killed
# before it did. It is open, under a name that no one knows, and is looked into once more: only what is
# seen to be empty goes.
drop_aside() {
    local oids oid open aside
    query "$home" <<'SQL'
select oid from pg_database
where :mark(oid, 'pg_database') = 'underpin: to be dropped' and datname ~ '_replaced_\d{8}t\d{6}$'
order by oid;
SQL
    mapfile -t oids <"$work/rows"
    for oid in "${oids[@]}"; do
        query "$home" <<<"select datallowconn, datname from pg_database where oid = $oid"
        aside=$(<"$work/rows")
        open=${aside%%|*} aside=${aside#*|}
        quote "$aside"
        if [[ $open == t ]] && is_empty "$aside"; then
            if RESTORER=$restorer sql "$home" <<SQL; then
\getenv restorer RESTORER
select format(:'give', datname, :'restorer'), format('drop database %I', datname) from pg_database where oid = $oid \gexec
SQL
                log "event=leftover name=$REPLY result=removed"
            fi
        else
            query "$home" <<SQL
select format(:'let_in', datname, 'false'), format(:'set_mark', datname, 'underpin: made by bootstrap')
from pg_database where oid = $oid \gexec
SQL
            kept=$REPLY
            log "event=leftover name=$REPLY result=kept"
        fi
    done
}
