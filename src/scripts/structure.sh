#!/usr/bin/env bash
# Whether what was restored is what was backed up, but for rows: definitions, schema, grants and
# settings. A part of restore.sh, drill.sh and rehearse.sh, sourced, never run.
#
# Where both servers are of one major, what has definitions is compared by these: pg_dump's text of
# an expression is no fixed point, and two meanings may have one text. Text decides on all else.
#
# ## Log lines
#
# - `event=property name= result=differs expected= found=`
# - `event=definition kind= name= field= result=missing|unexpected|differs|not-carried`
# - `event=schema object= result=missing|unexpected|differs`
# - `event=schema objects= result=other-words`: that another major writes otherwise; not compared
set -Eeuo pipefail

# compare_structure: a log line for each thing that differs, to the end of $work/verdict.
compare_structure() {
    as_backup query "$working" -f "$scripts/database.sql"
    cp "$work/rows" "$work/description"
    FOUND=$work/description as_backup query "$working" -v as_superuser="$AS_SUPERUSER" -f "$scripts/compare-description.sql"
    cat "$work/rows" >>"$work/verdict"
    step schema 'comparing definitions and the schema'
    defined=no
    if [[ $same_major == yes && -s $work/expected-definitions.tsv ]]; then
        defined=yes
        compare_all_definitions
    fi
    compare_texts
}

compare_all_definitions() {
    local rc=0
    as_backup query "$working" -v restored=yes -f "$scripts/definitions.sql"
    canonical_definitions <"$work/rows" >"$work/definitions.tsv"
    compare_definitions "$work/expected-definitions.tsv" "$work/definitions.tsv" >>"$work/verdict" || rc=$?
    ((rc <= 1)) || end 1 "the definitions of what was restored could not be compared; the log says more"
}

compare_texts() {
    local other side rc=0 options=''
    # Bounds and defaults are written in the time zone of the one who dumps.
    [[ $proof_version == 1 ]] || options=$rows_options
    named "$working"
    PGPASSWORD=$backup_password PGCLIENTENCODING=$encoding PGOPTIONS="$PGOPTIONS$options $(PGCLIENTENCODING=$encoding in_encoding)" as_backup await apart \
        pg_dump -w -Fc -s -f "$work/schema.dump" -d "$REPLY" 2>"$work/errors" || {
        reason
        failure "$REPLY"
    }
    schema_text "$work/schema.dump" >"$work/schema.sql"
    if [[ -s $work/left_out_roles ]]; then
        for side in expected-schema schema; do
            without_roles "$work/left_out_roles" <"$work/$side.sql" >"$work/$side.without"
            mv "$work/$side.without" "$work/$side.sql"
        done
    fi
    compare_schemas "$work/expected-schema.sql" "$work/schema.sql" "$defined" >"$work/schemas.differ" || rc=$?
    ((rc <= 1)) || end 1 "the schema of what was restored could not be compared; the log says more"
    in_utf8 "$work/schemas.differ"
    if [[ $same_major == no ]]; then
        # Another major writes much in other words. What is there is the same, and who may use it.
        other=$(grep -v '; Type: ACL; ' "$work/schemas.differ" | grep -c '" result=differs$' || true)
        awk '!/" result=differs$/ || /; Type: ACL; /' "$work/schemas.differ" >"$work/schemas.count"
        mv "$work/schemas.count" "$work/schemas.differ"
        log "event=schema objects=$other result=other-words"
    fi
    [[ $defined == no ]] || same_rights
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
    ' "$work/servers_own" "$work/schemas.differ" >>"$work/verdict"
}

# same_rights: takes out of schemas.differ the rights to a schema that are the same on both sides. A dump writes
# them as far as they differ from others, and these may be other ones.
same_rights() {
    LC_ALL=C comm -12 "$work/expected-definitions.tsv" "$work/definitions.tsv" | LC_ALL=C awk -F '\t' '
        FILENAME == "-" { if ($1 == "schema" && $3 == "rights" && $2 !~ /["\\;]/) same["event=schema object=\"Name: SCHEMA " $2]; next }
        {
            at = index($0, "; Type: ACL; Schema: -; ")
            if (!at || !(substr($0, 1, at - 1) in same)) print
        }
    ' - "$work/schemas.differ" >"$work/schemas.other"
    mv "$work/schemas.other" "$work/schemas.differ"
}
