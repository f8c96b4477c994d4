#!/usr/bin/env bash
# The proof that what was restored is what was backed up. A part of restore.sh and drill.sh, sourced,
# never run.
#
# ## Log lines
#
# - `event=property name= result=differs expected= found=`
# - `event=schema object= result=missing|unexpected|differs`
# - `event=schema objects= result=other-words`: that another major writes otherwise; not compared
# - `event=proof kind= name= result=missing|unexpected|differs|stale|moved expected= found=`
# - `event=proof result=equal|different objects= differences= warnings=`
set -Eeuo pipefail

prove() {
    local level=$verify differs=no first='' line chosen='' other
    step proof 'proving that it is what was backed up'
    [[ $level != decode ]] || level=none
    as_backup query "$working" -v level="$level" -f "$scripts/proof.sql"
    LC_ALL=C sort "$work/rows" >"$work/proof"
    if [[ $TABLES != '[]' ]]; then
        chosen=$work/chosen.json
        tables_chosen >"$chosen"
    fi
    BEFORE=$work/expected-sequences-before.jsonl AFTER=$work/expected-sequences-after.jsonl EXPECTED=$work/expected-proof.jsonl FOUND=$work/proof CHOSEN=${chosen:-/dev/null} \
        as_backup query "$working" -f "$scripts/compare.sql"
    cp "$work/rows" "$work/verdict"
    if [[ $TABLES == '[]' ]]; then
        as_backup query "$working" -f "$scripts/database.sql"
        cp "$work/rows" "$work/description"
        FOUND=$work/description as_backup query "$working" -v as_superuser="$AS_SUPERUSER" -f "$scripts/compare-description.sql"
        cat "$work/rows" >>"$work/verdict"
        step schema 'comparing the schema'
        PGUSER=$BACKUP_ROLE PGPASSWORD=$backup_password PGCLIENTENCODING=$encoding await apart \
            pg_dump -w -Fc -s -f "$work/schema.dump" -d "$working" 2>"$work/errors" || {
            reason
            failure "$REPLY"
        }
        schema_text "$work/schema.dump" >"$work/schema.sql"
        compare_schemas "$work/expected-schema.sql" "$work/schema.sql" >"$work/schemas.differ" || true
        if [[ $same_major == no ]]; then
            # Another major writes much in other words. What is there is the same, and who may use it.
            other=$(grep -v '; Type: ACL; ' "$work/schemas.differ" | grep -c '" result=differs$' || true)
            awk '!/" result=differs$/ || /; Type: ACL; /' "$work/schemas.differ" >"$work/schemas.count"
            mv "$work/schemas.count" "$work/schemas.differ"
            log "event=schema objects=$other result=other-words"
        fi
        # Default privileges that are the server's own: it gives them or does not.
        LC_ALL=C awk '
            FILENAME == ARGV[1] { own[++n] = "; Owner: " $0 "\" result="; next }
            /^event=schema object="Name: DEFAULT PRIVILEGES FOR [A-Z ]*; Type: DEFAULT ACL; / {
                for (i = 1; i <= n; i++) {
                    at = index($0, own[i])
                    if (at && substr($0, at + length(own[i])) ~ /^[a-z]+$/) next
                }
            }
            { print }
        ' "$work/servers_own" "$work/schemas.differ" >"$work/schemas.count"
        mv "$work/schemas.count" "$work/schemas.differ"
        cat "$work/schemas.differ" >>"$work/verdict"
    fi
    head -n 1000 "$work/verdict"
    while IFS= read -r line; do
        result_of "$line"
        case $REPLY in
            stale | moved | equal) continue ;;
            different) differs=yes && continue ;;
        esac
        differs=yes
        [[ -n $first ]] || first=${line#event=* }
    done <"$work/verdict"
    [[ $differs == no ]] || end 3 "what was restored from backup $id is not what was backed up, and it was thrown away: $first (the log names all that differs); $otherwise"
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
