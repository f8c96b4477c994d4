#!/usr/bin/env bash
# What a backup of a managed server holds that its owner cannot restore there: known when the backup is
# made, and not first when it is needed. A part of backup.sh, sourced, never run.
#
# Such a backup is published, since an own server takes it; the run then ends with 4.
#
# ## Log lines
#
# - `event=need db= kind= name= result=superuser|ungoverned why= do=`
set -Eeuo pipefail

# look_at_needs: of the database that was just backed up.
look_at_needs() {
    local rows
    [[ -z $bootstrap ]] || return 0
    doing="looking what of $database_json cannot be restored at $PGHOST"
    DESCRIPTION=$partial/$folder/database.json DATABASE=$database_json sql "$home" -f "$scripts/managed.sql" ||
        fail_by "$work/errors" psql "what $database_json needs could not be read"
    mapfile -t rows <"$work/rows"
    ((${#rows[@]} > 0)) || return 0
    log_lines "$work/rows"
    REPLY=${rows[0]#event=need }
    ((${#rows[@]} == 1)) || REPLY+=" (and $((${#rows[@]} - 1)) more, see the log)"
    not_restorable+=("at $PGHOST it cannot be restored as it is, though on a server of your own: $REPLY: run what stands after do= (a role stands before each statement)")
}
