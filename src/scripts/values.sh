#!/usr/bin/env bash
# The values that people write, judged before anything else is done: those of a restore, a drill, a
# backup, and the list of backups. It is sourced, never run, after lib.sh.
#
# Blanks and newlines come along when a value is pasted. They are taken off wherever the value cannot
# have them, which is everywhere but in a name.
#
# ## Log lines
#
# none
set -Eeuo pipefail

readonly json_string='"([^"\\[:cntrl:]]|\\(["\\/bfnrt]|u[0-9a-fA-F]{4}))*"'
readonly list_of_names="^\\[[[:space:]]*(${json_string}[[:space:]]*(,[[:space:]]*${json_string}[[:space:]]*)*)?\\]\$"
readonly asserted_one="\\{[[:space:]]*\"database\":[[:space:]]*${json_string}[[:space:]]*,[[:space:]]*\"sql\":[[:space:]]*${json_string}[[:space:]]*\\}"
readonly list_of_asserts="^[[:space:]]*\\[[[:space:]]*(${asserted_one}[[:space:]]*(,[[:space:]]*${asserted_one}[[:space:]]*)*)?\\][[:space:]]*\$"
readonly example_id=20261123T021500Z-x7k2p

# ── For each job ──────────────────────────────────────────────────────────────────────────────────

judge_restore() {
    bare BACKUP BEFORE REPLACE AS_SUPERUSER TABLES ACCEPT OWNERS JOBS STORAGE_BYTES ROLES DATABASES
    : "${BACKUP:=latest}" "${REPLACE:=false}" "${AS_SUPERUSER:=false}" "${TABLES:=[]}" "${OWNERS:=[]}" "${JOBS:=2}"
    judge_switch REPLACE
    judge_switch AS_SUPERUSER
    judge_number JOBS
    [[ -z $STORAGE_BYTES ]] || judge_amount STORAGE_BYTES bytes 53687091200
    judge_list_of_spec ROLES
    judge_list_of_spec DATABASES
    judge_choice BACKUP latest
    limit=
    if [[ -n $BEFORE ]]; then
        epoch "$BEFORE" || wrong BEFORE 'write a time of the calendar with its offset, as 2026-11-20T12:00:00Z or 2026-11-20T13:00:00+01:00'
        limit=$REPLY
        [[ $BACKUP == latest ]] || end 3 "BACKUP names a backup and BEFORE a time, and only one of them can choose: write BEFORE= beside BACKUP=$BACKUP, or BACKUP=latest beside BEFORE=$BEFORE"
    fi
    [[ -z $ACCEPT || $ACCEPT =~ ^[0-9a-f]{32}$ ]] ||
        wrong ACCEPT 'copy it from the last line of the restore whose list is accepted: 32 digits and letters from a to f'
    [[ $OWNERS =~ $list_of_names ]] ||
        wrong OWNERS "write a JSON list of roles: OWNERS='[\"app\"]'"
    judge_tables
    judge_names
}

judge_drill() {
    bare BACKUP JOBS ASSERTS ASSERT_SECONDS AS_SUPERUSER ROLES
    : "${BACKUP:=latest}" "${JOBS:=2}" "${ASSERTS:=[]}" "${ASSERT_SECONDS:=300}" "${AS_SUPERUSER:=false}"
    judge_number JOBS
    judge_switch AS_SUPERUSER
    judge_amount ASSERT_SECONDS seconds 300
    judge_list_of_spec ROLES
    [[ $ASSERTS =~ $list_of_asserts ]] ||
        wrong ASSERTS "write a JSON list: ASSERTS='[{\"database\": \"orders\", \"sql\": \"select count(*) > 0 from public.items\"}]', or [] for none"
    judge_choice BACKUP latest older
}

judge_backup() {
    local name
    bare ADOPT VERIFY JOBS EXCLUDE DATABASES REHEARSAL REHEARSALS_SECONDS ROLES AS_SUPERUSER
    judge_readers
    for name in EXCLUDE DATABASES; do
        [[ ${!name} =~ $list_of_names ]] ||
            wrong "$name" "write a JSON list of databases, in double quotes and with commas between them alone: $name='[\"orders\", \"stock\"]'"
    done
    judge_switch REHEARSAL
    judge_switch AS_SUPERUSER
    [[ $REHEARSALS_SECONDS == 0 ]] || judge_amount REHEARSALS_SECONDS seconds 1200
    judge_list_of_spec ROLES
    [[ -z $ADOPT || $ADOPT == all ]] || wrong ADOPT 'write ADOPT=all to take the backups of all other servers under this name as this one'\''s own, or nothing'
    case $VERIFY in
        content | rows | decode) ;;
        *) wrong VERIFY 'write decode, rows or content' ;;
    esac
}

judge_list() {
    bare VERIFY SHOW
    [[ -z $VERIFY ]] || judge_choice VERIFY latest all
    [[ -z $SHOW ]] || judge_show
}

# judge_show: of a backup the files that hold no password: settings, roles and definitions may hold one.
judge_show() {
    local id=${SHOW%%/*}
    [[ -z $VERIFY ]] || end 3 "VERIFY and SHOW are both set, and only one of them can be done: write VERIFY= beside SHOW, or SHOW= beside VERIFY"
    if [[ ! ${SHOW#"$id"} =~ ^/(RESTORE\.md|manifest\.json|[1-9][0-9]{0,3}/rehearsal\.json)$ ]] || ! { [[ $id == latest ]] || is_id "$id"; }; then
        wrong SHOW "write latest or the id of a backup, and one of the files RESTORE.md, manifest.json or N/rehearsal.json, N being the number of a folder: $example_id/1/rehearsal.json"
    fi
}

# ── For each kind of value ────────────────────────────────────────────────────────────────────────

# bare NAME…: takes off what is blank at both ends of these variables; one that is not set is empty.
bare() {
    local name value
    for name; do
        value=${!name-}
        value=${value#"${value%%[![:space:]]*}"}
        value=${value%"${value##*[![:space:]]}"}
        printf -v "$name" %s "$value"
    done
}

# wrong NAME ADVICE: what is written there, and what to write.
wrong() {
    quote "${!1}"
    end 3 "$1 is $REPLY: $2"
}

judge_switch() {
    [[ ${!1} == true || ${!1} == false ]] || wrong "$1" 'write true or false'
}

judge_number() {
    [[ ${!1} =~ ^[1-9][0-9]?$ ]] || wrong "$1" 'write a number from 1 to 99'
}

# judge_readers: JOBS of a backup, whose role may have ten connections: it needs five itself, and a restore one.
judge_readers() {
    [[ $JOBS =~ ^[1-4]$ ]] || wrong JOBS 'write a number from 1 to 4: the role that backs up may have no more connections'
}

# judge_amount NAME UNIT EXAMPLE
judge_amount() {
    [[ ${!1} =~ ^[1-9][0-9]{0,17}$ ]] || wrong "$1" "write a whole number of $2, in digits alone, as $3"
}

# judge_list_of_spec NAME: what no one types; its form is that of what the spec makes.
judge_list_of_spec() {
    [[ ${!1} =~ ^\[.*\]$ ]] || wrong "$1" 'it is a JSON list that the spec makes: leave it as the CronJob has it, and change the spec'
}

# judge_choice NAME WORD…: one of the words, or the id of a backup.
judge_choice() {
    local name=$1 word words=''
    shift
    for word; do
        [[ ${!name} != "$word" ]] || return 0
        words+="$word, "
    done
    if ! is_id "${!name}"; then
        job_line "${NAME:?}-backups"
        wrong "$name" "write ${words%, }, or the id of a backup, as $example_id ($REPLY lists them in its log)"
    fi
}

judge_tables() {
    [[ $TABLES =~ $list_of_names ]] ||
        wrong TABLES "write a JSON list of names, in double quotes and with commas between them alone: TABLES='[\"public.orders\", \"public.items\"]'"
    # Its newlines stand between names: none can be in one.
    TABLES=${TABLES//[$'\n\r\t']/}
    [[ $TABLES == *\"* ]] || TABLES='[]'
    [[ $TABLES == '[]' || $REPLACE != true ]] || end 3 "TABLES with REPLACE=true would leave out all other tables: write REPLACE=false and a name for INTO, and copy what is wanted from there"
}

# judge_names: of the database that is restored, and in TARGET the name that it gets.
judge_names() {
    local word=INTO instead='choose another name for INTO' name
    [[ -n ${DATABASE-} ]] || end 3 "DATABASE is empty: write the name of the database that is restored; the spec has $(names_of_spec)"
    ((${#DATABASE} <= 63)) || wrong DATABASE "it is longer than 63 bytes, as no name of a database is; the spec has $(names_of_spec)"
    : "${INTO:=${DATABASE}_restored}"
    TARGET=$INTO
    if [[ $REPLACE == true ]]; then
        into_is_not_ignored
        TARGET=$DATABASE word=DATABASE instead='write REPLACE=false and a name for INTO'
    fi
    export DATABASE INTO TARGET TABLES
    quote "$TARGET"
    target=$REPLY
    case $TARGET in
        postgres | template0 | template1 | underpin | underpin_*) end 3 "a restore into $target is never done: $instead" ;;
    esac
    ((${#TARGET} <= 63)) || end 3 "the name $target is longer than 63 bytes: $instead"
    # A name may have blanks at its ends, if it is one that is known.
    for name in "$DATABASE" "${DATABASE}_restored"; do
        [[ $TARGET != "$name" ]] || return 0
    done
    [[ $TARGET != [[:space:]]* && $TARGET != *[[:space:]] && $TARGET != *[[:cntrl:]]* ]] ||
        wrong "$word" 'it has blanks at its ends, or a newline or the like in it, which no one would write again: write it without'
}

# into_is_not_ignored: what is written into INTO is not read beside REPLACE=true. What the spec has there, or what an
# empty one stands for, no one has typed.
into_is_not_ignored() {
    local into database
    [[ $INTO != "$DATABASE" && $INTO != "${DATABASE}_restored" && $INTO != "${INTO_OF_SPEC-}" ]] || return 0
    quote "$INTO"
    into=$REPLY
    quote "$DATABASE"
    database=$REPLY
    end 3 "INTO is $into, and REPLACE=true puts database $database into its own place, so only one of them can be done: write INTO= REPLACE=true to replace $database, or REPLACE=false beside INTO to restore $database as $into"
}

# names_of_spec: those of the spec's databases, as JSON strings.
names_of_spec() {
    local rest=${DATABASES:-[]} names=''
    while [[ $rest =~ \"name\":[[:space:]]*($json_string)(.*) ]]; do
        names+=", ${BASH_REMATCH[1]}" rest=${BASH_REMATCH[4]}
    done
    printf '%s' "${names#, }"
}

# ── Time ──────────────────────────────────────────────────────────────────────────────────────────

# is_moment YEAR MONTH DAY HOUR MINUTE SECOND: whether the calendar and the clock have it.
is_moment() {
    local year=$((10#$1)) month=$((10#$2)) day=$((10#$3)) most=31
    case $month in
        4 | 6 | 9 | 11) most=30 ;;
        2) most=$((year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28)) ;;
    esac
    ((month >= 1 && month <= 12 && day >= 1 && day <= most && 10#$4 < 24 && 10#$5 < 60 && 10#$6 < 60))
}

# is_id TEXT: whether it is the id of a backup, with a real date and time.
is_id() {
    [[ $1 =~ ^([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z-[a-z0-9]{5}$ ]] && is_moment "${BASH_REMATCH[@]:1}"
}

# epoch TIME: RFC 3339 to seconds since 1970, in REPLY; busybox's date cannot read it.
epoch() {
    local y m d days parts offset
    [[ $1 =~ ^([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt\ ]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|([+-])([0-9]{2}):([0-9]{2}))$ ]] || return 1
    parts=("${BASH_REMATCH[@]}")
    is_moment "${parts[@]:1:6}" || return 1
    y=$((10#${parts[1]})) m=$((10#${parts[2]})) d=$((10#${parts[3]}))
    if ((m <= 2)); then y=$((y - 1)) m=$((m + 12)); fi
    days=$((365 * y + y / 4 - y / 100 + y / 400 + (153 * (m - 3) + 2) / 5 + d - 719469))
    REPLY=$((days * 86400 + 10#${parts[4]} * 3600 + 10#${parts[5]} * 60 + 10#${parts[6]}))
    # East of Greenwich it is later.
    if [[ -n ${parts[9]} ]]; then
        ((10#${parts[10]} < 24 && 10#${parts[11]} < 60)) || return 1
        offset=$((10#${parts[10]} * 3600 + 10#${parts[11]} * 60))
        if [[ ${parts[9]} == + ]]; then REPLY=$((REPLY - offset)); else REPLY=$((REPLY + offset)); fi
    fi
}

# epoch_of_id ID: when that backup began, in REPLY.
epoch_of_id() {
    epoch "${1:0:4}-${1:4:2}-${1:6:2}T${1:9:2}:${1:11:2}:${1:13:2}Z"
}
