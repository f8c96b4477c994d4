#!/usr/bin/env bash
# What a database in a backup needs of the server and role that restore it, in one set of words: those
# of a restore, a drill, a backup's last line and the list of backups. A part of theirs, sourced, never
# run.
#
# ## Log lines
#
# - `event=need kind= name= result=superuser|role|member|owner|mighty|extension|preload|one-database|tablespace why=`
set -Eeuo pipefail

# Where the spec's readers find what the sentences name; a managed server has no spec that makes roles.
readonly as_superuser_words='write as_superuser = true under [restore] in the spec and apply it: restores and drills then run what a backup holds as superuser'

# need_sentence RESULT WHAT: one need of `event=need`, in REPLY: what is missing, then what to do. WHAT
# names the object, with the reason behind it in brackets if there is one.
need_sentence() {
    local server="the server's image" advice='use an image that has it'
    if [[ -z ${bootstrap-spec} ]]; then
        managed_need "$@"
        return 0
    fi
    case $1 in
        superuser) REPLY="a superuser is needed for $2: $as_superuser_words; or take it out of the database" ;;
        role)
            case $2 in
                *'"underpin_reload"'*) advice='access.tls in the spec makes it' ;;
                *'"underpin_monitoring"'*) advice='monitoring.exporter in the spec makes it' ;;
                *) advice='add it to the roles of the spec and apply' ;;
            esac
            REPLY="a role is missing on the server: $2: $advice; or write as_superuser = true under [restore], and it is made without login"
            ;;
        owner)
            REPLY="another role than the database's owner owns something in it, and this server does not show that it does: $2. What was backed up would run with the rights of that role, too. If that is right"
            ! declare -F with_owners >/dev/null || with_owners
            ;;
        mighty) REPLY="an owner has more rights than what is restored may run with: $2: take them from the role (superuser, createrole before 16, programs and files of the server), or write as_superuser = true under [restore] in the spec" ;;
        *) other_need "$1" "$2" "$server" "$advice" ;;
    esac
}

# managed_need RESULT WHAT
managed_need() {
    case $1 in
        superuser) REPLY="a superuser is needed for $2, and a managed server has none for us: take it out of the database and back up again; or restore into a server of your own" ;;
        role) REPLY="a role is missing on the server: $2: make it there (create role), then restore again" ;;
        member) REPLY="role ${RESTORE_ROLE-} may not restore for an owner: $2: as one who may, grant that role to ${RESTORE_ROLE-} with inherit true, set true" ;;
        ungoverned) REPLY="role ${RESTORE_ROLE-} may not restore for an owner: $2, and it cannot become a member, because the role was made in Neon's console: give its objects to ${RESTORE_ROLE-} (each backup logs the statements, as do=), and back up again; or restore into a server of your own" ;;
        *) other_need "$1" "$2" 'the server' 'have it switched on there, or restore into a server that has it' ;;
    esac
}

# other_need RESULT WHAT SERVER ADVICE
other_need() {
    case $1 in
        extension) REPLY="$3 does not have an extension: $2: $4" ;;
        preload) REPLY="$3 loads no library for $2: add it to shared_preload_libraries under [postgres.settings] in the spec and apply it" ;;
        one-database) REPLY="only one database of a server can hold $2, so that no restore beside it and no drill can make it: without it, rows and schema come back with pg_restore, as RESTORE.md in the backup's folder says; or take it out of the database" ;;
        *) REPLY="the server cannot take it: $2" ;;
    esac
}

# need_of LINE: the result of one line of `event=need` in REPLY, and what it names in WHAT.
readonly need_string='"([^"\\]|\\.)*"'
readonly need_line="^event=need kind=\"([^\"]*)\" name=($need_string) result=([a-z-]+)( why=\"(([^\"\\\\]|\\\\.)*)\")?\$"
need_of() {
    if [[ $1 =~ $need_line ]]; then
        REPLY=${BASH_REMATCH[4]} WHAT="${BASH_REMATCH[1]} ${BASH_REMATCH[2]}${BASH_REMATCH[6]:+ (${BASH_REMATCH[6]})}"
    else
        REPLY=unknown WHAT=${1#event=need }
    fi
}

# description_needs FILE COMMAND…: of what database.sql wrote, what a restore needs beyond its own role:
# the command, with RESULT and WHAT as need_sentence takes them, for what only a superuser can make again
# (the first, and how many more), and for an extension that a single database can hold.
description_needs() {
    local file=$1 line section='' kind='' name='' why='' count=0 first='' only=''
    shift
    # jsonb_pretty writes one value a line.
    while IFS= read -r line; do
        case $line in
            '    "'*) section=${line#*\"} section=${section%%\"*} ;;
            '            "why": '*) why=${line#*: } why=${why%,} ;;
            '            "kind": '*) kind=${line#*: } kind=${kind%,} ;;
            '            "name": '*)
                name=${line#*: } name=${name%,}
                [[ $section != extensions || $name != '"pg_cron"' ]] || only="extension $name (cron.database_name says which)"
                ;;
            '        }'*)
                [[ $section == superuser ]] || continue
                count=$((count + 1))
                ((count > 1)) || first="${kind//\"/} $name (${why:1:${#why}-2})"
                ;;
        esac
    done <"$file"
    ((count < 2)) || first+=" (and $((count - 1)) more)"
    ((count == 0)) || "$@" superuser "$first"
    [[ -z $only ]] || "$@" one-database "$only"
}
