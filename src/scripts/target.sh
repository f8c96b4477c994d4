#!/usr/bin/env bash
# Whether the server can take what is restored: what it needs, room, and what has the name already. A
# part of restore.sh, sourced, never run.
#
# ## Log lines
#
# - `event=room bytes= free= result=enough|unknown|missing`
set -Eeuo pipefail

prepare() {
    step prepare 'looking whether the server can take it'
    find_owners
    check_needs
    find_kept
    if [[ -z $reused ]]; then
        check_working
        room
    fi
    check_target
}

# find_owners: whose rights what is restored may have, in known_owners, as JSON: the owner that the spec names; who owns
# something in the database of that name as it is now; and those that a person has named. What the backup
# says is no reason: who writes the volume would choose them. Who reaches what belongs to all is not lent by itself.
find_owners() {
    known_owners=''
    [[ -n $bootstrap && $AS_SUPERUSER != true ]] || return 0
    query "$home" <<'SQL'
\getenv database DATABASE
\getenv databases DATABASES
\getenv owners OWNERS
with first as (
    select owner as name from jsonb_to_recordset(:'databases') as spec(name text, owner text) where name = :'database'
    union select pg_get_userbyid(datdba) from pg_database where datname = :'database'
    union select jsonb_array_elements_text(:'owners')
), other as (
    select pg_get_userbyid(refobjid) as name
    from pg_shdepend join pg_database d on d.oid = dbid and datname = :'database'
    where deptype = 'o' and refclassid = 'pg_authid'::regclass and not underpin.reaches_all(refobjid)
)
select coalesce(jsonb_agg(name), '[]') from (table first union table other) as known;
SQL
    known_owners=$(<"$work/rows")
}

# with_owners: the line that names the owners of the backup, added to REPLY.
with_owners() {
    local sentence=$REPLY
    KNOWN_OWNERS=$known_owners query "$home" <<'SQL'
\getenv owners OWNERS
\set description `cat -- "$DESCRIPTION"`
\getenv known KNOWN_OWNERS
select jsonb_agg(distinct name) from (
    select jsonb_array_elements_text(:'owners') as name
    union select rolname from jsonb_array_elements_text(:'description'::jsonb -> 'owners') as one join pg_roles on rolname = one
    where not rolsuper and rolname !~ '^pg_' and not :'known'::jsonb ? rolname::text) as all_of_them;
SQL
    again_with "OWNERS=$(<"$work/rows")"
    REPLY="$sentence: $REPLY"
}

# check_working: where a server refuses to rename it, what a restore has made is kept under this very name.
check_working() {
    query "$home" <<<"select split_part(:mark(oid, 'pg_database'), ' ', 2) from pg_database where datname = '$working'"
    drop_line "$working"
    case $(<"$work/rows") in
        differs) end 3 "a database $working is there, kept by an earlier restore, since it differs from its backup: accept its list as that restore said, or drop it: $REPLY" ;;
        restored) end 3 "a database $working is there, which an earlier restore has proven and could not rename: rename it (alter database … rename to …), or drop it: $REPLY" ;;
    esac
}

# unmet SENTENCE: ends it, because the server or this role lacks something that the backup needs.
unmet() {
    end 3 "$1"
}

# refused_trial WHAT: ends it, if an error says that this server does not let its owner make what was tried.
refused_trial() {
    [[ ${may_try-no} == yes ]] || return 0
    case $1 in
        *'permission denied to create extension'* | *'permission denied to create event trigger'* | *'permission denied to change owner of event trigger'* | \
            *'must be superuser to create '*publication* | *'permission denied to change owner of publication'*)
            need_sentence superuser "what the log names as result=tried, which this server refuses ($1)"
            unmet "$REPLY"
            ;;
    esac
}

room() {
    local free
    if [[ -z $STORAGE_BYTES ]]; then
        log "event=room bytes=$bytes free= result=unknown"
        return 0
    fi
    query "$home" <<<"select coalesce(sum(pg_database_size(oid)) filter (where datname <> '$working'), 0)::int8 + pg_size_bytes(current_setting('max_wal_size')) from pg_database"
    free=$((STORAGE_BYTES - $(<"$work/rows")))
    ((free > 0)) || free=0
    if ((bytes > free)); then
        log "event=room bytes=$bytes free=$free result=missing"
        put_aside
        end 3 "the server's volume has no room: the database needs $bytes bytes and $free are free beside the databases there are and the write-ahead log: grow storage.size$REPLY"
    fi
    log "event=room bytes=$bytes free=$free result=enough"
}

# put_aside: which databases of earlier restores could make room, in REPLY, which is empty if none could. What has
# served is never dropped by a line of ours: what was written into it may be in no backup.
put_aside() {
    local copies sentence=''
    list_aside served
    [[ -z $REPLY ]] || sentence=". What served before, with rows that may be in no backup: $REPLY: these are for a person to drop who knows the data"
    list_aside copies
    copies=$REPLY
    REPLY=$sentence
    [[ -n $copies ]] || return 0
    query "$home" <<<"select datname from pg_database where oid = $first_aside"
    drop_line "$(<"$work/rows")"
    REPLY=", or drop what is not wanted any more of what restores have made, for none of it goes by itself: $copies, each a copy of a backup; what was written into one since is in no backup$sentence. The line that drops the first copy: $REPLY"
}

# list_aside copies|served: the names and sizes of these in REPLY, and in first_aside the OID of the first: of
# copies those that differ come first, which no one could write into, then the largest.
list_aside() {
    local rows list
    query "$home" -v wanted="$1" -f - <<'SQL'
\getenv databases DATABASES
select d.oid, format('%s (%s)', to_json(datname::text), pg_size_pretty(pg_database_size(d.oid)))
from pg_database d
cross join lateral :mark(d.oid, 'pg_database') as known(mark)
cross join lateral (values (case
    when mark like 'underpin: differs %' then 'copies'
    when mark like 'underpin: restored %' and datallowconn and datname !~ '_replaced_\d{8}t\d{6}$' then 'copies'
    when not datallowconn or datname ~ '_replaced_\d{8}t\d{6}$' then 'served' end)) as kind(kind)
where mark like 'underpin: %' and kind = :'wanted' and datname <> 'underpin_restoring' and datconnlimit <> -2
and not exists (select from jsonb_to_recordset(:'databases') as spec(name text) where name = datname)
order by mark like 'underpin: differs %' desc, pg_database_size(d.oid) desc, d.oid;
SQL
    mapfile -t rows <"$work/rows"
    REPLY=
    ((${#rows[@]} > 0)) || return 0
    first_aside=${rows[0]%%|*}
    printf -v list ', %s' "${rows[@]:0:5}"
    REPLY=$(sed -E 's/(^|, )[0-9]+\|/\1/g' <<<"${list#, }")
    ((${#rows[@]} <= 5)) || REPLY+=" and $((${#rows[@]} - 5)) more"
}

# What becomes of a database that has the name already: nothing (there is none), kept, or dropped, and
# if it is empty only as long as it is.
check_target() {
    query "$home" <<'SQL'
\getenv target TARGET
\getenv databases DATABASES
select case when d.oid is null then 'absent'
            when d.datconnlimit = -2 or d.datistemplate then 'unusable'
            when mark !~ '^underpin: ' and not listed then 'foreign'
            when not coalesce(:acts_for(d.datdba, 'member'), false) then 'owner'
            when not d.datallowconn then 'closed'
            else format('%s %s %s', case when mark like 'underpin: restored %' then 'restored' when mark like 'underpin: %' then 'made' else 'unmarked' end,
                        case when listed then 'listed' else 'other' end,
                        (select count(*) from pg_stat_activity where datid = d.oid and backend_type = 'client backend')) end
from (values (1)) as one(row)
left join pg_database d on datname = :'target'
cross join lateral (
    select coalesce(:mark(d.oid, 'pg_database'), '') as mark,
           exists (select from jsonb_to_recordset(:'databases') as spec(name text) where name = :'target') as listed) as known;
SQL
    read -r kind listed sessions <"$work/rows"
    old=keep
    case $kind in
        absent) old=none ;;
        unusable) end 3 "a database $target is there, and it is a template or half dropped: choose another name for INTO" ;;
        foreign)
            [[ $REPLACE != true ]] || end 3 "a database $target is there that is neither in the spec nor made by Underpin: it is not renamed; choose another name with INTO, without REPLACE"
            end 3 "a database $target is there that Underpin did not make: it is not dropped, even if it is empty; choose another name for INTO"
            ;;
        owner)
            [[ -n $bootstrap ]] || end 3 "a database $target is there, and its owner is one that $RESTORE_ROLE is no member of: it is not renamed and serves as before; choose another name for INTO, without REPLACE, or grant its owner to $RESTORE_ROLE"
            end 3 "a database $target is there, and its owner has more rights than a restore may act with (as a superuser has): it is not renamed and serves as before; choose another name for INTO, without REPLACE, or give it to another role (alter database … owner to …)"
            ;;
        closed) [[ $REPLACE == true ]] || end 3 "a database $target is there that allows no connections, as one that a restore put aside: choose another name for INTO, or drop or rename that one" ;;
        *)
            if [[ $REPLACE == true ]]; then
                :
            elif is_empty "$TARGET"; then
                if [[ $kind == unmarked ]]; then
                    [[ $listed != listed || $TARGET != "$DATABASE" ]] ||
                        end 3 "a database $target is there that Underpin did not make: it is not dropped, though it is empty; choose another name for INTO, or REPLACE=true, which keeps it under a dated name"
                    end 3 "a database $target is there that Underpin did not make: it is not dropped, though it is empty; choose another name for INTO"
                fi
                old=empty
            elif [[ $kind == restored && $listed == other ]]; then
                ((sessions == 0)) || end 3 "the database $target of an earlier restore is in use by $sessions sessions: end them, or choose another name for INTO"
                # People may have written into it: it is kept, as one is that served.
                old=keep
            else
                [[ $TARGET == "$DATABASE" ]] || end 3 "a database $target is there and holds something: choose another name for INTO"
                end 3 "a database $target is there and holds something: choose another name for INTO, or REPLACE=true, which keeps it under a dated name"
            fi
            ;;
    esac
    seat=$home
    [[ $TARGET != "$home" ]] || find_seat
}

# find_seat: no one renames the database that he is in: another one that this role may connect to, in seat.
find_seat() {
    local names name
    query "$home" <<'SQL'
\getenv target TARGET
select datname from pg_database
where datallowconn and datconnlimit <> -2 and not datistemplate and datname not in (:'target', 'underpin_restoring')
and has_database_privilege(oid, 'connect')
order by datname <> 'postgres', oid;
SQL
    mapfile -t names <"$work/rows"
    for name in "${names[@]}"; do
        if sql "$name" <<<'select'; then
            seat=$name
            return 0
        fi
    done
    end 3 "the database $target can only be renamed from another one, and there is none that $RESTORE_ROLE may connect to: make an empty one (create database), then restore again"
}

# is_empty DATABASE: extensions alone count for nothing: bootstrap makes them.
is_empty() {
    as_backup sql "$1" <<'SQL' || { reason && failure "$REPLY"; }
with member as (select classid, objid from pg_depend where deptype in ('e', 'i'))
select count(*)
from (select tableoid, oid from pg_class where relkind in ('r', 'p', 'v', 'm', 'S', 'f')
      union all select tableoid, oid from pg_proc
      union all select tableoid, oid from pg_type
      union all select tableoid, oid from pg_namespace where nspname !~ '^pg_'
      union all select tableoid, oid from pg_largeobject_metadata) as object(classid, id)
where id >= 16384 and (classid, id) not in (select classid, objid from member)
and not (classid = 'pg_namespace'::regclass and exists (select from pg_extension where extnamespace = id));
SQL
    [[ $(<"$work/rows") == 0 ]]
}
