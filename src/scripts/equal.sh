#!/usr/bin/env bash
# The proof that what was restored is what was backed up. A part of restore.sh and drill.sh, sourced,
# never run.
#
# ## Log lines
#
# - those of structure.sh
# - `event=entry kind= name= detail= result=failed`: those of salvage.sh
# - `event=proof kind= name= result=missing|unexpected|differs|stale|moved expected= found=`
# - `event=proof result=equal|different objects= differences= warnings=`
#
# Who sources it has `differs`: what is done when something differs. The lines that say what are then in
# the file differences, sorted, and their number in the variable of that name.
set -Eeuo pipefail

prove() {
    local level=$verify chosen=''
    step proof 'proving that it is what was backed up'
    [[ $level != decode ]] || level=none
    if [[ $TABLES != '[]' ]]; then
        chosen=$work/chosen.json
        tables_chosen >"$chosen"
    fi
    case $proof_version in
        1) compare_proofs_1 ;;
        2) compare_proofs ;;
    esac
    cp "$work/rows" "$work/verdict"
    if [[ $TABLES == '[]' ]]; then
        compare_structure
    fi
    failed_ones >>"$work/verdict"
    read_verdict
    ((differences == 0)) || differs
}

# read_verdict: parts what was said into differences, warnings and the one line that all hangs on, and
# shows them. It is equal only if the comparison has said so.
read_verdict() {
    local line said=''
    : >"$work/differ"
    : >"$work/warnings"
    while IFS= read -r line; do
        result_of "$line"
        case $REPLY in
            equal | different) said=$line ;;
            stale | moved | not-carried) printf '%s\n' "$line" >>"$work/warnings" ;;
            *) printf '%s\n' "$line" >>"$work/differ" ;;
        esac
    done <"$work/verdict"
    LC_ALL=C sort "$work/differ" >"$work/differences"
    differences=$(wc -l <"$work/differences")
    differences=$((differences))
    log_lines <(cat "$work/differences" "$work/warnings" | awk 'NR <= 1000')
    result_of "$said"
    [[ $REPLY == equal || $REPLY == different && $differences -gt 0 ]] || end 1 "the proof came to no verdict (\"$said\"): a retry may help; nothing that serves was changed"
    log "$said"
}

# first_difference: the cause of the others, where one is known, in words; and in more how many more there are.
first_difference() {
    more=''
    ((differences == 1)) || more=" (and $((differences - 1)) more: the log names them)"
    REPLY=$(grep -m 1 ' result=failed$' "$work/differences") || read -r REPLY <"$work/differences"
    REPLY=${REPLY#event=* }
    if [[ $REPLY =~ ^kind=($string)\ name=($string)\ detail=($string)\ result=failed$ ]]; then
        REPLY="${BASH_REMATCH[1]} ${BASH_REMATCH[3]}: ${BASH_REMATCH[5]}"
        REPLY=${REPLY//\\\"/\'} REPLY=${REPLY//\"/} REPLY=${REPLY//\\\\/\\}
        REPLY=${REPLY//\'/\"}
    fi
}

# compare_proofs: the rows of the verdict, in $work/rows.
compare_proofs() {
    local snapshot=''
    EXPECTED_PROOF=$work/expected-proof.jsonl as_backup await prove_rows "$working" "$work/proof.jsonl" || {
        reason "$work/proof.jsonl.errors"
        failure "$REPLY"
    }
    PGCLIENTENCODING=$encoding as_backup query "$working" -f "$scripts/sequences.sql"
    LC_ALL=C sort "$work/proof.jsonl" "$work/rows" >"$work/proof"
    PGCLIENTENCODING=$encoding EXPECTED=$work/expected-proof.jsonl FOUND=$work/proof CHOSEN=${chosen:-/dev/null} \
        as_backup query "$working" -f "$scripts/compare.sql"
}

# compare_proofs_1: the same of a backup of before.
compare_proofs_1() {
    as_backup query "$working" -v level="$level" -f "$scripts/proof-1.sql"
    LC_ALL=C sort "$work/rows" >"$work/proof"
    BEFORE=$work/expected-sequences-before.jsonl AFTER=$work/expected-sequences-after.jsonl EXPECTED=$work/expected-proof.jsonl FOUND=$work/proof CHOSEN=${chosen:-/dev/null} \
        as_backup query "$working" -f "$scripts/compare-1.sql"
}

tables_chosen() {
    local schema name list=''
    while IFS= read -r -d '' schema && IFS= read -r -d '' name; do
        quote "$schema"
        list+=",[$REPLY"
        quote "$name"
        list+=",$REPLY]"
    done <"$work/chosen"
    printf '[%s]\n' "${list#,}"
}
