#!/usr/bin/env bash
# What an error of a backup means: whether a retry may help, and what to do. A part of backup.sh,
# sourced, never run.
#
# ## Log lines
#
# none
set -Eeuo pipefail

# fail WHAT SQLSTATE REASON: ends the script; whether a retry may help is decided here alone.
fail() {
    local what="$1: $3"
    case $2:$3 in
        *'permission denied for large object'*)
            [[ -n $bootstrap ]] ||
                end 3 "$what. The role $PGUSER may not read this large object: as its owner, grant select on it to $PGUSER; or leave the database out (backup.exclude)"
            end 3 "$what. The role $PGUSER may not read this large object: run bootstrap, which sets lo_compat_privileges for the role; or grant select on it; or leave the database out (backup.exclude)"
            ;;
        42501:* | *'permission denied'* | *'row-level security policy'*)
            [[ -n $bootstrap ]] ||
                end 3 "$what. The role $PGUSER lacks a right: it must be one that reads everything (a member of pg_read_all_data, BYPASSRLS), as Neon's console makes roles; or leave the database out (backup.exclude)"
            job_line "$bootstrap"
            end 3 "$what. The role $PGUSER lacks a right that bootstrap gives it: run $REPLY, then back up again; or leave the database out (backup.exclude)"
            ;;
        # Nothing of ours writes: a login alone is answered so.
        *'cannot execute '*' in a read-only transaction')
            job_line "$bootstrap"
            [[ -n $bootstrap ]] || REPLY=
            end 3 "$what. An event trigger on login writes, which the role $PGUSER must not: ${REPLY:+on PostgreSQL 17 and newer run bootstrap, which turns event triggers off for that role ($REPLY); otherwise }let the trigger's function return at once where session_user is $PGUSER, or disable it (alter event trigger … disable), then back up again"
            ;;
        53200:* | *'out of shared memory'*)
            [[ -n $bootstrap ]] ||
                end 3 "$what. The server's lock table is too small for its number of tables: a larger compute has a larger one; or split the database"
            end 3 "$what. The server's lock table is too small for its number of tables: raise max_locks_per_transaction in postgres.settings"
            ;;
        # At the end of a sentence: before it, a name could say so.
        53100:* | *': No space left on device' | *': Disk quota exceeded')
            end_all 3 "$what. The backup volume is full: grow the claim (keeping fewer, backup.volume.keep, makes room only after the next backup). No older backup was touched"
            ;;
        *': Read-only file system')
            end_all 3 "$what. The backup volume is mounted read-only: its node or its storage says why"
            ;;
        58P01:* | *'could not access file'* | *'could not load library'* | *'undefined symbol'*)
            end 3 "$what. The server's image lacks a library that a database needs: use an image with that extension, or drop the extension there"
            ;;
        XX001:* | XX002:* | *'invalid page in block'* | *'missing chunk number'* | *'unexpected chunk number'* | *'could not read block'*)
            end 3 "$what. THE SERVER'S DATA IS DAMAGED there, and older backups may be the last good ones: keep them, look at the node's disk, and restore"
            ;;
        22021:* | 22P05:*)
            end 3 "$what. A name that the database holds, or that a role it names has, is no text of its encoding: look for these bytes in the names of its objects and in its enums' labels, and in those of roles and databases, which are bytes of the database in which they were made; rename that one, or leave the database out (backup.exclude)"
            ;;
        *'invalid memory alloc request size'* | *'out of memory'*'enlarge string buffer'*)
            end 3 "$what. A value is too large to be dumped by any pg_dump (1 GB a row as text): split it, or leave the database out (backup.exclude)"
            ;;
        *'too many connections for database'*)
            end 1 "$what. Its CONNECTION LIMIT leaves too few for a backup, which needs $((${JOBS:?} + 3)) at once: raise it (alter database); a retry may help when others have ended"
            ;;
        *'server version mismatch'*)
            end_all 3 "$what. The backup's image is of an older major than the server's: give both the same major"
            ;;
        57P01:* | *'terminating connection due to administrator command'*)
            end_all 1 "$what. The server was stopped or suspended meanwhile, or its session was ended: a retry may help"
            ;;
        *) end 1 "$what; a retry may help" ;;
    esac
}

# fail_by FILE PROGRAM WHAT: fail, with what a program said on its stderr.
fail_by() {
    show "$1" "$2"
    reason "$1"
    fail "$3" "$SQLSTATE" "$REPLY"
}

# write_failed WHAT: fail, after a write of ours to the volume, which is no one database's fault.
write_failed() {
    : >"$work/all"
    ! is_full "$partial" || fail "$1" 53100 'No space left on device'
    fail_by "$work/errors" bash "$1"
}
