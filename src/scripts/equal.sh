#!/usr/bin/env bash
# The proof that what was restored is what was backed up. A part of restore.sh and drill.sh, sourced,
# never run.
#
# ## Log lines
#
# - those of structure.sh
# - `event=proof kind= name= result=missing|unexpected|differs|stale|moved expected= found=`
# - `event=proof result=equal|different objects= differences= warnings=`
set -Eeuo pipefail

prove() {
    local level=$verify differs=no first='' line chosen=''
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
    head -n 1000 "$work/verdict"
    while IFS= read -r line; do
        result_of "$line"
        case $REPLY in
            stale | moved | equal | not-carried) continue ;;
            different) differs=yes && continue ;;
        esac
        differs=yes
        [[ -n $first ]] || first=${line#event=* }
    done <"$work/verdict"
    [[ $differs == no ]] || end 3 "what was restored from backup $id is not what was backed up, and it was thrown away: $first (the log names all that differs); $otherwise"
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
