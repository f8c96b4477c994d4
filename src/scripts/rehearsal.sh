#!/usr/bin/env bash
# The backup's side of the rehearsal: what it asks of the container beside it (rehearse.sh), and what
# becomes of the answer. A part of backup.sh, sourced, never run.
#
# The verdict of a database stands in `rehearsal.json` beside its dump. It is the verdict of an earlier
# backup where nothing that it depends on has changed since (schema, settings, grants, roles, extensions,
# programs, scripts), for a week. A rehearsal that could not be made costs no backup: that is said.
#
# The answer comes from where an owner's code has run. Its form is checked, and it is no more than words:
# nothing of it is ever run or used as a path.
#
# ## Environment
#
# - `REHEARSAL`: `true`, or `false`: the spec wants none
# - `REHEARSALS_SECONDS`: how long a backup waits for all rehearsals, from the last dump on
# - `QUESTIONS_BYTES`: how large `/questions` may be
# - `DRILLS`: `true`: the spec has drills, which load all rows and fail where they do not come back
# - `ROLES`, `AS_SUPERUSER`: as rehearse.sh has them
#
# Files: `/questions`, which rehearse.sh can only read; `/answers`, which it writes and this only reads.
#
# ## Log lines
#
# - `event=rehearsal id= db= folder= result=asked|known`: `known`: that of an earlier backup
# - `event=rehearsal id= db= folder= result=restores|differs|fails|needs-superuser|not-rehearsed path= seconds= findings= detail=`
# - `event=finding id= db= kind= name= detail= fix=`
set -Eeuo pipefail

# A verdict is taken over for so long, seconds.
readonly questions=/questions answers=/answers verdict_lasts=$((7 * 24 * 3600))
# How long it may take until the other container is there, seconds.
readonly rehearsal_patience=60
# What is read to find the first rows of a database, seconds; what all of these may take, and one of them, bytes.
readonly rows_patience=60 rows_bytes=33554432 row_bytes=1000000
# Sentences for the last line of the backup: what does not come back (managed.sh has some, too); what a
# person should know; a restore of which databases is refused, and why of the first; of which no one has known for
# a week whether they come back, and why of the first.
not_restorable=() not_told=() first_fix='' refused=() why_refused='' unknown=() why_unknown=''

# describe_for_rehearsal: what is defined in this database, in its snapshot, and which tables' rows are
# needed. Returns 1 with the reason in $work/errors.
describe_for_rehearsal() {
    local what
    for what in definitions rehearsal-tables; do
        read_inside "$what" || return 1
        cp "$work/rows" "$papers/$what" 2>"$work/errors" || write_failed 'the definitions could not be kept'
    done
    [[ $(tail -n 1 "$papers/rehearsal-tables") == end ]] || end 1 "the tables of the database $database_json could not be listed: is /tmp full? A retry may help"
}

# ask_rehearsal: of this database, whose dump is there.
ask_rehearsal() {
    local key
    doing="asking for a rehearsal of the database $database_json"
    canonical_definitions <"$papers/definitions" >"$partial/$folder/definitions.tsv" 2>"$work/errors" ||
        write_failed 'the definitions could not be written'
    find_key
    if has_unmet_needs; then
        write_verdict needs-superuser empty 0 "$REPLY" </dev/null
    elif [[ ${REHEARSAL:?} != true ]]; then
        write_verdict not-rehearsed empty 0 'the spec wants no rehearsal' </dev/null
    elif ! grep -q '^[0-9]' "$papers/list"; then
        # Nothing is in it that could come back otherwise.
        write_verdict restores empty 0 '' </dev/null
    elif find_known; then
        log "event=rehearsal id=$backup_id db=$database_json folder=$folder result=known"
    elif put_question "$questions/$backup_id.$folder"; then
        # The verdict is of this key, once it is there.
        printf '%s\n' "$key" >"$work/key.$folder"
        log "event=rehearsal id=$backup_id db=$database_json folder=$folder result=asked"
    else
        write_verdict not-rehearsed empty 0 "what it needs could not be put into /questions within $rows_patience s and $QUESTIONS_BYTES bytes" </dev/null
    fi
}

# put_question FOLDER: what rehearse.sh needs; returns 1 if it could not be put there. A pod that fills its
# volume is evicted, and the backup with it.
put_question() {
    local used more
    used=$(du -sk "$questions") && more=$(du -sk "$partial/$folder/dump/toc.dat" "$partial/$folder/schema.sql" "$papers/definitions" | awk '{ n += $1 } END { print n }') || return 1
    (((${used%%[!0-9]*} + more) * 1024 + rows_bytes < ${QUESTIONS_BYTES:?} * 3 / 4)) || return 1
    rm -rf "$1" && mkdir -p "$1/dump" "$1/rows" &&
        cp "$partial/$folder/dump/toc.dat" "$1/dump/" &&
        cp "$partial/$folder/database.json" "$partial/$folder/schema.sql" "$partial/$folder/definitions.tsv" "$1/" &&
        take_rows "$1/rows" &&
        printf '%s' "$database_json" >"$1/name" &&
        : >"$1/asked"
} 2>"$work/errors"

# has_unmet_needs: whether a restore is refused before it begins; the sentence in REPLY. PostgreSQL's own
# database is the superuser's everywhere.
has_unmet_needs() {
    local sentence=''
    [[ $database_json != '"postgres"' ]] || return 1
    description_needs "$partial/$folder/database.json" note_need
    REPLY=$sentence
    [[ -n $sentence ]]
}

note_need() {
    [[ -z $sentence && ($1 != superuser || $AS_SUPERUSER != true) ]] || return 0
    need_sentence "$1" "$2"
    sentence=$REPLY
}

# find_key: what the verdict depends on, as one hash in key. Sizes and times are left out.
find_key() {
    key=$({
        LC_ALL=C sort "$papers/definitions"
        cat "$partial/$folder/schema.sql"
        grep -v -E '^    "(bytes|collation_version)": ' "$partial/$folder/database.json"
        printf '%s\n' "$client_version" "$server_version" "${ROLES:?}" "${AS_SUPERUSER:?}"
        cat "$scripts"/*.sh "$scripts"/*.sql
    } | sha256sum)
    key=${key%% *}
}

# find_known: whether an own backup of this week has a verdict of the same key; then it is copied.
find_known() {
    local id file sums line oldest now looked=0
    utc %Y-%m-%dT%H:%M:%SZ
    now=$REPLY
    printf -v oldest '%(%Y-%m-%dT%H:%M:%SZ)T' "$((EPOCHSECONDS - verdict_lasts))"
    for id in "${ids[@]}"; do
        [[ ${is_mine[$id]-} == yes ]] || continue
        ((++looked <= 20)) || return 1
        for file in "$destination/$id"/*/rehearsal.json; do
            { is_plain "$file" && is_plain "$destination/$id/SHA256SUMS"; } || continue
            grep -q -F "  \"key\": \"$key\"," "$file" || continue
            grep -q -x -E '  "result": "(restores|differs|fails)",' "$file" || continue
            line=$(grep -m 1 '^  "rehearsed": "' "$file") || continue
            [[ $line =~ ^\ \ \"rehearsed\":\ \"([0-9TZ:-]{20})\",$ && ! ${BASH_REMATCH[1]} < $oldest && ! ${BASH_REMATCH[1]} > $now ]] || continue
            # As it was published: the manifest has the hash of the list of all files.
            sums=$(sha256sum <"$destination/$id/SHA256SUMS") || continue
            grep -q -F "\"${sums%% *}\"" "$destination/$id/manifest.json" || continue
            sums=$(sha256sum <"$file")
            grep -q -x -F "${sums%% *}  ./${file#"$destination/$id/"}" "$destination/$id/SHA256SUMS" || continue
            cp "$file" "$partial/$folder/rehearsal.json" 2>"$work/errors" || write_failed 'the verdict of the rehearsal could not be written'
            return 0
        done
    done
    return 1
}

# was_rehearsed_lately: whether an own backup of this week says of this database what a restore makes of it.
was_rehearsed_lately() {
    local id line oldest
    printf -v oldest '%(%Y%m%dT%H%M%SZ)T' "$((EPOCHSECONDS - verdict_lasts))"
    for id in "${ids[@]}"; do
        [[ ${is_mine[$id]-} == yes && ! $id < $oldest ]] || continue
        line=$(grep -m 1 -F "\"name\": $database_json, " "$destination/$id/manifest.json") || continue
        [[ ! $line =~ \"rehearsal\":\ \"(restores|differs|fails)\"\} ]] || return 0
    done
    return 1
}

# take_rows FOLDER: the first rows of each table that needs them, as pg_restore writes them: N.sql, for the table
# that N.table names. Small tables are read in one go, of a large one no more than what is taken.
take_rows() {
    local entry until=$((SECONDS + rows_patience)) share
    rm -f "$papers/large" "$papers/small"
    find "$partial/$folder/dump" -name '*.dat*' -size +1048576c | sed 's:.*/::' >"$papers/large-files"
    LC_ALL=C awk -v folder="$1" -v papers="$papers" '
        FILENAME == ARGV[1] { sub(/\..*/, ""); large[$0]; next }
        FILENAME == ARGV[2] { if ($1 != "end") name[$1] = substr($0, length($1) + 2); next }
        !/^[0-9]+; 0 [0-9]+ TABLE DATA / || !($3 in name) { next }
        {
            number = $1
            sub(/;/, "", number)
            printf "%s", name[$3] > (folder "/" number ".table")
            close(folder "/" number ".table")
            print > (papers "/" (number in large ? "large" : "small"))
        }
    ' "$papers/large-files" "$papers/rehearsal-tables" "$papers/list" || return 1
    share=$((rows_bytes / $(wc -l <"$papers/rehearsal-tables")))
    ((share < row_bytes)) || share=$row_bytes
    [[ ! -s $papers/small ]] || first_rows "$1" "$papers/small" || return 1
    [[ ! -s $papers/large ]] || while IFS= read -r entry; do
        printf '%s\n' "$entry" >"$papers/entry" && first_rows "$1" "$papers/entry" || return 1
    done <"$papers/large"
}

# first_rows FOLDER LIST: a hundred rows of each of these tables, or the first that fill its share of what may be
# taken. A row that is larger than `row_bytes` is passed over: cut, because awk takes very long for a long line.
first_rows() {
    ((SECONDS < until)) || return 1
    # It may be ended in the middle of what it writes.
    { timeout "$((until - SECONDS))" pg_restore -f - -L "$2" "$partial/$folder/dump" 2>/dev/null |
        LC_ALL=C cut -b "-$((row_bytes + 1))" || true; } |
        LC_ALL=C awk -v folder="$1" -v most="$row_bytes" -v share="$share" -v room="$(rows_room "$1")" '
            FILENAME == ARGV[1] { sub(/;.*/, ""); number[++tables] = $0; next }
            # Names may hold line breaks: the statement ends where all its quotes are closed.
            !copying && (head != "" || /^COPY /) {
                head = head (head == "" ? "" : "\n") $0
                copying = !(gsub(/"/, "\"", head) % 2) && $0 ~ / FROM stdin;$/
                if (!copying) next
                taking = 1
                rows = bytes = 0
                file = folder "/" number[++table] ".sql"
                print head > file
                head = ""
                next
            }
            !copying { next }
            taking && ($0 == "\\." || rows == 100 || room <= 0 || rows && bytes + length($0) > share) {
                print "\\." > file
                close(file)
                taking = 0
                if (table == tables) exit
            }
            $0 == "\\." { copying = 0 }
            taking && length($0) <= most { rows++; bytes += length($0); room -= length($0); print > file }
        ' "$2" - || return 1
    ((SECONDS < until))
}

# rows_room FOLDER: how many bytes of rows may still be put there.
rows_room() {
    local used
    used=$(du -sk "$1") || used=0
    printf '%s' "$((rows_bytes - ${used%%[!0-9]*} * 1024))"
}

# await_rehearsals: the answers to all that was asked, for so long.
await_rehearsals() {
    local since=$SECONDS ready=no i key folder database_json
    for i in "${!objects[@]}"; do
        [[ ${objects[i]} =~ ^\{\"folder\":\ \"([0-9]+)\",\ \"name\":\ ($answer_string),\  ]] || end 1 'the manifest has another form than its rehearsals know'
        folder=${BASH_REMATCH[1]} database_json=${BASH_REMATCH[2]} key=''
        [[ ! -s $work/key.$folder ]] || key=$(<"$work/key.$folder")
        doing="waiting for the rehearsal of the database $database_json"
        until [[ -e $partial/$folder/rehearsal.json ]]; do
            await_answer
        done
        judge_rehearsal
        printf -v "objects[i]" '%s, "rehearsal": "%s"}' "${objects[i]%\}}" "$REPLY"
        rm -rf "${questions:?}/$backup_id.$folder"
    done
}

# await_answer: looks once.
await_answer() {
    [[ ! -e $answers/ready ]] || ready=yes
    if [[ -f $answers/$backup_id.$folder/answer && ! -L $answers/$backup_id.$folder/answer ]]; then
        take_answer "$answers/$backup_id.$folder/answer"
    elif [[ $ready == no ]] && ((SECONDS - since > rehearsal_patience)); then
        write_verdict not-rehearsed empty 0 'the container of the rehearsal does not run' </dev/null
    elif ((SECONDS - since > ${REHEARSALS_SECONDS:?})); then
        write_verdict not-rehearsed empty "$((SECONDS - since))" "it took longer than $REHEARSALS_SECONDS s" </dev/null
    # What is left of it is for the publish.
    elif ((SECONDS > DEADLINE_SECONDS - DEADLINE_SECONDS / 10 - 30)); then
        write_verdict not-rehearsed empty "$((SECONDS - since))" "the backup's own deadline of $DEADLINE_SECONDS s is near" </dev/null
    else
        pause 0.3
    fi
}

# take_answer FILE: no more of it than a million bytes. It may be no file any more when it is opened: what reads
# it has no session of ours, and does not wait for ever.
take_answer() {
    local line result='' way='' seconds=0 detail='' finding="^\\{(\"[a-z]+\": $answer_string(, )?){4}\\}\$"
    await apart timeout 20 head -c 1000000 "$1" >"$work/answer" 2>/dev/null || true
    while IFS= read -r line; do
        case $line in
            result=restores | result=differs | result=fails | result=not-rehearsed) result=${line#*=} ;;
            path=empty | path=own) way=${line#*=} ;;
            seconds=*) [[ ! ${line#*=} =~ ^[0-9]{1,6}$ ]] || seconds=${line#*=} ;;
            detail=*) detail=${line#*=} ;;
        esac
    done < <(head -n 4 "$work/answer")
    [[ -n $result && -n $way ]] || result=not-rehearsed way=empty detail='its answer has another form'
    tail -n +5 "$work/answer" | { LC_ALL=C grep -E -m 1000 "$finding" || (($? == 1)); } |
        write_verdict "$result" "$way" "$seconds" "$detail"
}

# How a finding begins that is no reason to refuse a restore; findings.sh writes it, too.
readonly not_carried='no dump carries this'
readonly answer_string='"([^"\\[:cntrl:]]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*"'

# subscriptions: those of this database, each as a finding. Rehearsed or not, no dump of ours carries one.
subscriptions() {
    local name
    LC_ALL=C sed -n 's/^subscription\t\(.*\)\tnot-carried\tsubscription$/\1/p' "$partial/$folder/definitions.tsv" |
        while IFS= read -r name; do
            json "$name"
            printf '{"kind": "subscription", "name": %s, "detail": "%s", "fix": ""}\n' "$REPLY" \
                "$not_carried, since it may hold a password: make it again after a restore (create subscription)"
        done
}

# write_verdict RESULT PATH SECONDS DETAIL: rehearsal.json; the findings come on stdin.
write_verdict() {
    local time line separator=$'\n'
    utc %Y-%m-%dT%H:%M:%SZ
    time=$REPLY
    json "$4"
    {
        printf '{\n  "result": "%s",\n  "path": "%s",\n  "key": "%s",\n  "rehearsed": "%s",\n  "seconds": %s,\n  "detail": %s,\n  "findings": [' \
            "$1" "$2" "$key" "$time" "$3" "$REPLY"
        while IFS= read -r line; do
            printf '%s    %s' "$separator" "$line"
            separator=$',\n'
        done < <(cat && subscriptions)
        [[ $separator == $'\n' ]] || printf '\n  '
        printf ']\n}\n'
    } >"$partial/$folder/rehearsal.json" 2>"$work/errors" || write_failed 'the verdict of the rehearsal could not be written'
}

# verdict KEY: a simple value of it, in REPLY.
verdict() {
    local line
    line=$(grep -m 1 "^  \"$1\": " "$partial/$folder/rehearsal.json") || line=
    line=${line#*: } line=${line%,} line=${line#\"}
    REPLY=${line%\"}
}

# judge_rehearsal: what follows from the verdict of this folder; the result in REPLY.
judge_rehearsal() {
    local result way seconds detail count=0 line first='' lost=0 lacking='' parts=() advice=''
    verdict result
    result=$REPLY
    verdict path
    way=$REPLY
    verdict seconds
    seconds=$REPLY
    verdict detail
    detail=$REPLY
    while IFS= read -r line; do
        [[ $line == '    {"kind": '* ]] || continue
        line=${line#    } line=${line%,}
        count=$((count + 1))
        [[ -n $first ]] || first=$line
        parts_of_finding "$line"
        [[ ${parts[2]} == "\"$not_carried"* ]] || lost=$((lost + 1))
        [[ ${parts[2]} != "\"$not_carried"* || -n $lacking ]] || lacking=$line
        log "event=finding id=$backup_id db=$database_json kind=${parts[0]} name=${parts[1]} detail=${parts[2]} fix=${parts[3]}"
    done <"$partial/$folder/rehearsal.json"
    log "event=rehearsal id=$backup_id db=$database_json folder=$folder result=$result path=$way seconds=$seconds findings=$count detail=\"$detail\""
    case $result in
        restores) ;;
        differs | fails)
            not_restorable+=("$(finding_sentence "$first" "$count")")
            [[ -n $first_fix ]] || first_fix=$(finding_fix "$first")
            ;;
        needs-superuser)
            # At a managed server a restore tries it; and what no Job restores comes back by hand.
            if [[ -n $bootstrap && $detail == 'a superuser is needed for '* ]]; then
                refused+=("$database_json")
                [[ -n $why_refused ]] || why_refused=$(plain "$detail")
            else
                not_told+=("database $database_json: $(plain "$detail")")
            fi
            ;;
        not-rehearsed)
            # Whoever wrote into the spec that there is none knows it.
            if [[ $REHEARSAL == true ]]; then
                unrehearsed
                not_told+=("$REPLY")
                if [[ $lost == 0 || ${DRILLS:?} != true ]] && ! was_rehearsed_lately; then
                    unknown+=("$database_json")
                    [[ -n $why_unknown ]] || why_unknown="$REPLY. No backup of the last $((verdict_lasts / 86400)) days says whether it can be restored$advice"
                fi
            fi
            ;;
    esac
    [[ -z $lacking || $result == differs || $result == fails ]] ||
        not_told+=("what no dump carries: $(finding_sentence "$lacking" "$((count - lost))")$(finding_move "$lacking")")
    REPLY=$result
}

# unrehearsed: that the restore of this folder was not rehearsed, or in part, in REPLY, and in advice what to do.
unrehearsed() {
    REPLY="the restore of database $database_json was not rehearsed: $(plain "$detail")"
    ((lost > 0)) || return 0
    REPLY="its restore was rehearsed in part: $(finding_sentence "$first" "$count"); $(plain "$detail")"
    advice=': set backup.drill in the spec, for a drill loads all rows and fails if they do not come back; or change the function so that it reads no table'
}

# what_returns: after a publish, what a person should read of it, in REPLY; its status is that of the backup. A
# statement that fixes something stands last.
what_returns() {
    local text=''
    if ((${#refused[@]} > 0)); then
        others "${refused[@]}"
        text="a restore of database ${refused[0]}$REPLY is refused: $why_refused"
    fi
    if ((${#unknown[@]} > 0)); then
        others "${unknown[@]}"
        text+="${text:+. And }$why_unknown${REPLY:+; nor of database${REPLY#,}}"
    fi
    if ((${#not_restorable[@]} > 0)); then
        and_more "${not_restorable[0]}"
        text+="${text:+. And }a restore does not bring everything in it back: $REPLY. ${first_fix:-Fix it in the database, then back up again}"
    fi
    REPLY=$text
    [[ -z $text ]] || return 4
    ((${#not_told[@]} == 0)) || and_more "${not_told[0]}"
}

# others NAME…: all but the first of these, in REPLY, with a comma before each; no more than a last line has room for.
others() {
    local name count=$(($# - 1))
    REPLY=
    for name in "${@:2:30}"; do
        REPLY+=", $name"
    done
    ((count <= 30)) || REPLY+=" and $((count - 30)) more"
}

# and_more SENTENCE: that it is not all there is to say, unless it says so itself; in REPLY.
and_more() {
    REPLY=$1
    ((${#not_restorable[@]} + ${#not_told[@]} <= 1)) || [[ $1 == *' more, see the log)'* ]] || REPLY+=" (and more, see the log)"
}

# parts_of_finding FINDING: its kind, name, detail and fix, as JSON strings, in parts.
parts_of_finding() {
    parts=('""' '""' "\"$1\"" '""')
    [[ ! $1 =~ \"kind\":\ ($answer_string),\ \"name\":\ ($answer_string),\ \"detail\":\ ($answer_string),\ \"fix\":\ ($answer_string) ]] ||
        parts=("${BASH_REMATCH[1]}" "${BASH_REMATCH[3]}" "${BASH_REMATCH[5]}" "${BASH_REMATCH[7]}")
}

# finding_sentence FINDING COUNT: the statement that ends it, where there is one, stands last.
finding_sentence() {
    local more='' parts=()
    (($2 == 1)) || more=" (and $(($2 - 1)) more, see the log)"
    parts_of_finding "$1"
    printf 'database %s: %s %s: %s%s' "$database_json" "$(unquoted "${parts[0]}")" "$(unquoted "${parts[1]}")" "$(unquoted "${parts[2]}")" "$more"
}

# finding_fix FINDING: what to do with it.
finding_fix() {
    local parts=()
    parts_of_finding "$1"
    if [[ ${parts[3]} == '""' ]]; then
        printf 'Fix it in the database, then back up again'
    else
        printf 'Run the fix in database %s, then back up again. fix: %s;' "$database_json" "$(unquoted "${parts[3]}")"
    fi
}

# finding_move FINDING: the statement that moves it to where a dump finds it, if there is one.
finding_move() {
    local parts=()
    parts_of_finding "$1"
    [[ ${parts[3]} == '""' ]] || printf '. So that it is in the next one, run as the superuser in database %s: %s;' "$database_json" "$(unquoted "${parts[3]}")"
}

# plain TEXT: what stands between the quotes of a JSON string, as a text on one line.
plain() {
    unquoted "\"$1\""
}

# unquoted STRING: JSON to a text on one line.
unquoted() {
    local text=${1#\"}
    text=${text%\"} text=${text//\\\"/\"} text=${text//\\n/ } text=${text//\\t/ }
    printf '%s' "${text//\\\\/\\}"
}
