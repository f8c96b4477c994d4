#!/usr/bin/env bash
# The renames that put what was restored in its place. A part of restore.sh, sourced, never run.
#
# ## Log lines
#
# - `event=swap result=retry detail=`
# - `event=leftover name= result=removed|kept`: what was put aside to be dropped; kept: somebody was
#   quicker and has put something into it
set -Eeuo pipefail

# Both renames in one transaction: there is no moment without the database, and a kill rolls back.
# Nobody's session is ended before all can be.
swap() {
    local since said=''
    take_server_lock swap 'underpin backup'
    step swap 'putting it in its place'
    check_target # hours may have passed
    time=$(date -u +%Y%m%dt%H%M%S)
    since=$SECONDS
    while true; do
        query postgres <<'SQL'
\getenv target TARGET
select string_agg(what, ', ' order by what)
from (
    select format('process %s, a %s of role %s', pid, backend_type, to_json(usename::text)) as what
    from pg_stat_activity
    where datname in (:'target', 'underpin_restoring') and pid <> pg_backend_pid() and backend_type not in ('autovacuum worker', 'parallel worker')
    and (backend_type not in ('client backend', 'walsender')
         or exists (select from pg_roles where oid = usesysid and rolsuper and not (select rolsuper from pg_roles where rolname = current_user)))
    union all
    select format('the prepared transaction %s of role %s', to_json(gid), to_json(owner::text))
    from pg_prepared_xacts
    where database in (:'target', 'underpin_restoring')
) as blocker;
SQL
        REPLY=$(<"$work/rows")
        if [[ -z $REPLY ]]; then
            if BACKUP_ID=$id ORIGIN=$origin ORIGIN_NAMESPACE=$origin_namespace OLD=$old TIME=$time \
                sql postgres -f "$scripts/restore-swap.sql"; then
                break
            fi
            reason
            case $REPLY in
                *'being accessed by other users'* | *'deadlock'* | *'lock timeout'* | *'tuple concurrently updated'*) ;;
                *) failure "$REPLY" ;;
            esac
        fi
        ((SECONDS - since < 90)) || end 1 "the database $target is in use by what this job cannot end ($REPLY): end it as superuser (select pg_terminate_backend(PROCESS), rollback prepared 'NAME'), then restore again; it still serves as before"
        if [[ $REPLY != "$said" ]]; then
            said=$REPLY
            quote "$REPLY"
            log "event=swap result=retry detail=$REPLY"
        fi
        pause 1
    done
    made=no
    kept=$(<"$work/rows")
    if [[ $old == drop || $old == empty ]]; then
        kept=
        step mark 'dropping the one that it takes the place of'
        drop_aside
    fi
}

# drop_aside: drops what a restore has put aside for that; an earlier one may have been killed before it
# did. What was empty is still open, under a name that nobody knows, and is looked into once more.
drop_aside() {
    local oids oid open aside
    query postgres <<'SQL'
select oid from pg_database
where shobj_description(oid, 'pg_database') = 'underpin: to be dropped' and datname ~ '_replaced_\d{8}t\d{6}$'
order by oid;
SQL
    mapfile -t oids <"$work/rows"
    for oid in "${oids[@]}"; do
        query postgres <<<"select datallowconn, datname from pg_database where oid = $oid"
        aside=$(<"$work/rows")
        open=${aside%%|*} aside=${aside#*|}
        quote "$aside"
        if [[ $open == t ]] && ! is_empty "$aside"; then
            query postgres <<SQL
select format('alter database %I allow_connections false', datname), format('comment on database %I is %L', datname, 'underpin: made by bootstrap')
from pg_database where oid = $oid \gexec
SQL
            kept=$REPLY
            log "event=leftover name=$REPLY result=kept"
        elif sql postgres <<<"select format('drop database %I', datname) from pg_database where oid = $oid \gexec"; then
            log "event=leftover name=$REPLY result=removed"
        fi
    done
}
