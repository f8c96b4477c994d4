#!/usr/bin/env bash
# The very lines that a person may run next, as the last line of a restore shows them. A part of
# restore.sh, sourced, never run.
#
# They are for bash and zsh, and hold the names that this Job has.
#
# ## Log lines
#
# none
set -Eeuo pipefail

# shell_word TEXT: leaves it in REPLY as one word of a shell.
shell_word() {
    local quote="'" escaped="'\\''"
    REPLY=$1
    if [[ $1 == *[[:cntrl:]]* ]]; then
        printf -v REPLY %q "$1"
    elif [[ ! $1 =~ ^[A-Za-z0-9_./:@%+,-]+$ ]]; then
        REPLY="'${1//$quote/$escaped}'"
    fi
}

# again_with KEY=VALUE…: the line that restores once more, with these values and for the rest those
# of this restore; in REPLY.
again_with() {
    local key value pair words='' kubectl
    shell_word "${NAMESPACE:?}"
    kubectl="kubectl -n $REPLY"
    for key in DATABASE BACKUP BEFORE INTO REPLACE TABLES OWNERS ACCEPT; do
        value=${!key}
        for pair; do
            [[ $pair != "$key="* ]] || value=${pair#*=}
        done
        [[ $key != OWNERS || $value != '[]' ]] || continue
        # In a container's environment $(NAME) is read, and $$ is a dollar.
        shell_word "${value//\$/\$\$}"
        [[ -n $value ]] || REPLY=
        words+=" $key=$REPLY"
    done
    job_line "$NAME-restore"
    REPLY="$REPLY --dry-run=client -o yaml | $kubectl set env --local -f -$words -o yaml | $kubectl create -f -"
}

# drop_line NAME: the line that drops a database, in REPLY; no SQL of its owner's is run by it.
drop_line() {
    local name namespace
    shell_word "$1"
    name=$REPLY
    shell_word "$NAMESPACE"
    namespace=$REPLY
    REPLY="kubectl -n $namespace exec -i ${SERVER_POD:-$NAME}-0 -- psql -X -U postgres -v name=$name <<<'drop database :\"name\"'"
    [[ -n $bootstrap ]] || REPLY="psql -X -d postgres -v name=$name <<<'drop database :\"name\"' (as $RESTORE_ROLE, past the pooler)"
}
