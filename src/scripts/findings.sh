#!/usr/bin/env bash
# What a rehearsal finds: objects that do not come back, or with another meaning, each with the statement
# that fixes it, where there is one. A part of rehearse.sh, sourced, never run. It reads what definitions.sh
# tells: lines of `event=definition`.
#
# ## Log lines
#
# - `event=finding kind= name= detail= fix=`
set -Eeuo pipefail

# As JSON objects; how many there are, how many of them are failures, and how many of these may be none with
# all rows; the same of the way that was tried first.
found=() findings=0 failures=0 of_few_rows=0
kept_found=() kept=(0 0 0) kept_path=''
readonly most_findings=1000

forget_findings() {
    found=() findings=0 failures=0 of_few_rows=0
}

keep_findings() {
    kept_found=("${found[@]}") kept=("$findings" "$failures" "$of_few_rows") kept_path=$path
}

take_kept_findings() {
    found=("${kept_found[@]}") findings=${kept[0]} failures=${kept[1]} of_few_rows=${kept[2]} path=$kept_path
}

list_findings() {
    ((${#found[@]} == 0)) || printf '%s\n' "${found[@]}"
}

# add_finding KIND NAME DETAIL FIX
add_finding() {
    local object='{' key value line=event=finding
    findings=$((findings + 1))
    ((findings <= most_findings)) || return 0
    for key in kind name detail fix; do
        shorten "$1" 1000
        value=$REPLY
        json "$value"
        object+="\"$key\": $REPLY, "
        quote "$value"
        line+=" $key=$REPLY"
        shift
    done
    found+=("${object%, }}")
    log "$line"
}

# find_failure KIND NAME ERROR: the text of an error, with its context, where PostgreSQL gave one.
find_failure() {
    local detail routine='' fix=''
    detail=$(grep -m 1 -E 'ERROR:|FATAL:|error:' <<<"$3") || detail=${3%%$'\n'*}
    without_value "${detail#*ERROR:  }"
    detail=$REPLY
    # Rows of a table that could not be made: that is found already.
    [[ $1 != rows || $detail != "relation \"${2//\"/}\" does not exist" ]] || ((failures == 0)) || return 0
    [[ $detail != *'must be marked IMMUTABLE' ]] ||
        detail+=': one of them was altered since; if an extension made it, that comes back as the extension makes it: write a function of your own around it and use that one'
    if [[ $detail == *'does not exist'* ]]; then
        find_routine "$3"
        find_advice "$detail"
        [[ -n $REPLY ]] || find_fix "$detail" "$routine"
        detail+=$REPLY
    fi
    failures=$((failures + 1))
    ! needs_more_rows "$3" || of_few_rows=$((of_few_rows + 1))
    add_finding "$1" "$2" "$detail" "$fix"
}

# find_routine ERROR: the innermost function that its context names, in routine: with its arguments, as PostgreSQL
# writes it, or its bare name.
find_routine() {
    local line
    routine=
    while IFS= read -r line; do
        line=${line#CONTEXT:  }
        if [[ $line =~ ^(compilation\ of\ )?(SQL|PL/[A-Za-z0-9]+)\ function\ \"(.+)\"(\ (during|statement|near)\ .*)?$ ]]; then
            routine=${BASH_REMATCH[3]}
        elif [[ $line =~ ^PL/[A-Za-z0-9]+\ function\ (.+\))\ (line|during|while)\  ]]; then
            routine=${BASH_REMATCH[1]}
        fi
        [[ -z $routine ]] || return 0
    done < <(grep -a -E '^(CONTEXT:  )?(compilation of )?(SQL|PL/[A-Za-z0-9]+) function ' <<<"$1")
}

# find_advice DETAIL: what to do where no path helps, to stand behind the error; in REPLY, empty where there is none.
find_advice() {
    local made
    REPLY=
    if [[ $1 =~ ^operator\ does\ not\ exist:\ (.*\ )?[^\ ]+\.(=|<>|<|<=|>|>=)(\ |$) ]]; then
        # A dump writes one operator for all columns of a row.
        REPLY="; where it compares rows whose columns are of several types, write it column by column: "
        case ${BASH_REMATCH[2]} in
            '=') REPLY+='(a, b) = (c, d) as a = c and b = d, (a, b) in (select c, d from t) as exists (select from t where a = c and b = d)' ;;
            '<>') REPLY+='(a, b) <> (c, d) as a <> c or b <> d' ;;
            *) REPLY+="(a, b) ${BASH_REMATCH[2]} (c, d) as a ${BASH_REMATCH[2]%=} c or (a = c and b ${BASH_REMATCH[2]} d)" ;;
        esac
    elif [[ $1 =~ ^relation\ \"(.+)\"\ does\ not\ exist && -n ${entry_number-} && -n $routine ]]; then
        made=${BASH_REMATCH[1]}
        # Also where a path leads there, what it would compute depends on the order in which rows come.
        ! is_made_later "$made" || REPLY="; its function reads $made, which a restore makes later: let a trigger fill or check that column instead"
    fi
}

# is_made_later TABLE: whether the dump has one of that name only behind the entry that failed.
is_made_later() {
    NUMBER=$entry_number TABLE=${1##*.} LC_ALL=C awk '
        /^;/ { next }
        $1 == ENVIRON["NUMBER"] ";" { passed = 1 }
        index($0, " " ENVIRON["TABLE"] " ") && / 1259 [0-9]+ (TABLE|VIEW|SEQUENCE|MATERIALIZED VIEW|FOREIGN TABLE) / { if (passed) later = 1; else sooner = 1 }
        END { exit later && !sooner ? 0 : 1 }
    ' "$work/entries"
}

# needs_more_rows ERROR: whether a function may have ended so because it reads rows that are not here. What does
# not exist, or may not be used, is so with all of them.
needs_more_rows() {
    case $1 in
        *'does not exist'* | *'permission denied'* | *'must be '* | *'cannot be cast'*) return 1 ;;
        *'violates check constraint'* | *function*) return 0 ;;
    esac
    return 1
}

# find_failed_entries: those that pg_restore has gone on without.
find_failed_entries() {
    # What is asked meanwhile has errors of its own.
    cp "$work/errors" "$work/failed"
    each_failed_entry "$work/failed" find_failed_entry || failure "$REPLY"
}

# find_failed_entry NUMBER KIND NAME TEXT
find_failed_entry() {
    case $4 in
        *'server closed the connection'* | *'terminating connection'* | *'connection to server'* | *'out of memory'* | *'No space left'*)
            printf '%s' "$4" >"$work/errors"
            reason
            failure "$REPLY"
            ;;
    esac
    local entry_number=$1
    find_failure "${2,,}" "$3" "$4"
}

# find_differences: what $work/verdict names. What is missing because it failed is found already. What no
# dump carries is told, and is no reason to refuse a restore. What has a fix of its own stands first: other
# things may have failed for want of it. Of subscriptions the backup speaks, rehearsed or not.
find_differences() {
    local line failed=("${found[@]}") explained=$'\n'
    found=()
    while IFS= read -r line; do
        find_explained "$line"
    done <"$work/verdict"
    found+=("${failed[@]}")
    while IFS= read -r line; do
        [[ $explained != *$'\n'"$line"$'\n'* && $line != 'event=definition kind=subscription '* ]] || continue
        result_of "$line"
        case $REPLY in
            missing) ((failures > 0)) || find_difference "$line" 'it does not come back' ;;
            unexpected) find_difference "$line" 'it comes back and was not there' ;;
            differs) find_difference "$line" 'it comes back with another meaning' ;;
            not-carried)
                find_difference "$line" 'no dump carries this'
                findings=$((findings - 1))
                ;;
        esac
    done <"$work/verdict"
}

# find_explained LINE: what has a cause that is known and a fix of its own; its lines are in explained.
find_explained() {
    local kind name field
    parts_of_difference "$1"
    result_of "$1"
    case $kind:$field:$REPLY in
        member::missing | member::unexpected) find_member "$REPLY" ;;
        constraint::missing) find_renamed "$1" || return 0 ;;
        index:indisvalid:not-carried) find_completed || return 0 ;;
        column:default:differs) find_default || return 0 ;;
        table:inhdetachpending:differs)
            expected_of table "$name" parents
            [[ $REPLY =~ ^\[\"([^\"\\]+)\"\]$ ]] || return 0
            add_finding table "$name" 'it comes back as a partition, and its detaching had begun and was interrupted' \
                "alter table ${BASH_REMATCH[1]} detach partition $name finalize"
            ;;
        *) return 0 ;;
    esac
    explained+=$1$'\n'
}

# find_member RESULT: a part of an extension, named "TYPE NAME of extension EXTENSION".
find_member() {
    local object=${name% of extension *} extension=${name##* of extension }
    if [[ $1 == missing ]]; then
        add_finding member "$name" "it does not come back: the extension's script does not make it, and no dump carries what belongs to an extension" \
            "alter extension $extension drop $object"
    else
        add_finding member "$name" "it was taken out of the extension, whose script makes it before the dump does" "alter extension $extension add $object"
    fi
}

# find_renamed LINE: a constraint of a partition, named "NAME on TABLE", that a restore makes from its parent's, under
# that one's name.
find_renamed() {
    local table=${name##* on } parent='' wanted twin
    # That of the uppermost: each of them comes back so.
    expected_of constraint "$name" conparentid
    until [[ -z $REPLY ]]; do
        parent=$REPLY
        expected_of constraint "$parent" conparentid
    done
    wanted=${parent% on *}
    twin="event=definition kind=constraint name=\"$wanted on $table\" field=* result=unexpected"
    [[ -n $parent ]] && grep -q -x -F -- "$twin" "$work/verdict" || return 1
    explained+=$twin$'\n'
    add_finding constraint "$name" "it comes back under its parent's name: a dump holds the parent's alone" "alter table $table rename constraint ${name% on *} to $wanted"
}

# find_completed: a partitioned index that is not valid though none of its parts lacks: one that did was dropped since.
find_completed() {
    local part
    part=$(PARENTS="[\"$name\"]" LC_ALL=C awk -F '\t' '
        $1 == "index" && $3 == "parents" && $4 == ENVIRON["PARENTS"] { print $2; exit }
    ' "$work/expected-definitions.tsv")
    [[ -n $part ]] || return 1
    add_finding index "$name" 'no dump carries this (that it is not valid, though no part lacks it)' "alter index $name attach partition $part"
    findings=$((findings - 1))
}

# find_default: of a column, in words that mean something else when they are read back. Written as it comes back, it
# comes back as it is.
find_default() {
    local fix
    # A path may give it its meaning back.
    find_fix '' ''
    [[ -z $fix ]] || return 1
    expected_of column "$name" default
    [[ -n $REPLY ]] || return 1
    expected_of column "$name" is
    OF_TABLE=$REPLY OF_COLUMN=${name#"$REPLY."} as_loader sql "$working" -f - <<'SQL' || return 1
\getenv table OF_TABLE
\getenv column OF_COLUMN
select format('alter table %s alter column %s set default %s', :'table', :'column', pg_get_expr(adbin, adrelid))
from pg_attrdef join pg_attribute on attrelid = adrelid and attnum = adnum
where adrelid = to_regclass(:'table') and quote_ident(attname) = :'column' and attgenerated = '';
SQL
    fix=$(<"$work/rows")
    [[ -n $fix ]] || return 1
    add_finding column "$name" 'it comes back with another meaning (its expression), which the fix gives it here, too' "$fix"
}

# expected_of KIND NAME FIELD: what the backup's definitions say of it, in REPLY. A name with a character that is
# written otherwise there is not found.
expected_of() {
    REPLY=$(KIND=$1 NAME=$2 FIELD=$3 LC_ALL=C awk -F '\t' '
        $1 == ENVIRON["KIND"] && $2 == ENVIRON["NAME"] && $3 == ENVIRON["FIELD"] { print $4; exit }
    ' "$work/expected-definitions.tsv")
}

# parts_of_difference LINE: what it names, in kind, name and field.
parts_of_difference() {
    kind=definition name='' field=''
    [[ ! $1 =~ ^event=([a-z]+) ]] || kind=${BASH_REMATCH[1]}
    [[ ! $1 =~ \ kind=([a-z-]+) ]] || kind=${BASH_REMATCH[1]}
    [[ ! $1 =~ \ (name|object)=($string) ]] || name=${BASH_REMATCH[2]}
    [[ ! $1 =~ \ field=([a-z_.-]+)\ result= ]] || field=${BASH_REMATCH[1]}
    name=${name#\"} name=${name%\"} name=${name//\\\"/\"} name=${name//\\\\/\\}
}

# find_difference LINE WORDS
find_difference() {
    local kind name field fix='' rule='"_RETURN" on '
    parts_of_difference "$1"
    # What a view selects is stored as a rule of it.
    [[ $kind != rule || $name != "$rule"* ]] || kind=view name=${name#"$rule"} field=
    [[ $1 != 'event=definition '* || $2 == 'no dump'* ]] || find_fix '' ''
    [[ $2 != 'no dump'* || $name != pg_catalog.* ]] || find_move
    [[ -z $field ]] || words_of_field "${field%-inherited}"
    add_finding "$kind" "$name" "$2${field:+ ($REPLY)}" "$fix"
}

# find_move: what was made in pg_catalog, and is none of PostgreSQL's own, gets the statement that moves it out, in fix. A
# server as it was made has all of these.
find_move() {
    export kind name
    as_loader sql "$working" <<'SQL' || return 0
\getenv kind kind
\getenv name name
select format('alter %s %s set schema public', case when type = 'composite type' then 'type' else type end, identity)
from (select replace(:'kind', '-', ' ') as type, :'name' as identity) as moved
where type in ('function', 'aggregate', 'procedure', 'operator', 'type', 'composite type', 'conversion', 'operator class', 'operator family',
               'text search parser', 'text search template', 'text search dictionary', 'text search configuration')
and not exists (
    select from (select 'pg_proc'::regclass, oid from pg_proc where pronamespace = 'pg_catalog'::regnamespace
                 union all select 'pg_operator'::regclass, oid from pg_operator where oprnamespace = 'pg_catalog'::regnamespace
                 union all select 'pg_type'::regclass, oid from pg_type where typnamespace = 'pg_catalog'::regnamespace
                 union all select 'pg_conversion'::regclass, oid from pg_conversion where connamespace = 'pg_catalog'::regnamespace
                 union all select 'pg_opclass'::regclass, oid from pg_opclass where opcnamespace = 'pg_catalog'::regnamespace
                 union all select 'pg_opfamily'::regclass, oid from pg_opfamily where opfnamespace = 'pg_catalog'::regnamespace
                 union all select 'pg_ts_parser'::regclass, oid from pg_ts_parser where prsnamespace = 'pg_catalog'::regnamespace
                 union all select 'pg_ts_template'::regclass, oid from pg_ts_template where tmplnamespace = 'pg_catalog'::regnamespace
                 union all select 'pg_ts_dict'::regclass, oid from pg_ts_dict where dictnamespace = 'pg_catalog'::regnamespace
                 union all select 'pg_ts_config'::regclass, oid from pg_ts_config where cfgnamespace = 'pg_catalog'::regnamespace) as own(class, object)
    cross join lateral pg_identify_object(class, object, 0) as known
    where known.identity = moved.identity and known.type = moved.type);
SQL
    fix=$(<"$work/rows")
}

# words_of_field FIELD: what a column of a catalog says, in REPLY.
words_of_field() {
    case $1 in
        columns) REPLY='the order of its columns' ;;
        function) REPLY="its extension brings it back as it makes it" ;;
        conislocal) REPLY="whether it is the child's own, beside its parent's: when the parent loses it, it stays or goes" ;;
        attislocal) REPLY="whether it is the child's own, beside its parent's" ;;
        conparentid | tgparentid | parents) REPLY='its parent' ;;
        inhdetachpending) REPLY='its detaching from its parent was interrupted' ;;
        rights) REPLY='rights that public was made with, before it was renamed: grant them again after a restore' ;;
        tgconstraint) REPLY='the constraint that it is of' ;;
        tgfoid) REPLY='the function that it calls' ;;
        tgenabled | triggers-enabled | ev_enabled) REPLY='when it fires, or that it is disabled' ;;
        tgattr | conkey | confkey | indkey | partattrs | stxkeys | prattrs) REPLY='its columns' ;;
        conbin | tgqual | ev_qual | polqual | polwithcheck | indpred | prqual) REPLY='its condition' ;;
        indexprs | partexprs | stxexprs | default | proargdefaults | typdefaultbin) REPLY='its expression' ;;
        prosrc | prosqlbody | ev_action) REPLY='its body' ;;
        proconfig) REPLY='the settings of the function' ;;
        indclass | partclass | opclass) REPLY='its operator classes' ;;
        indcollation | partcollation | attcollation | typcollation) REPLY='its collation' ;;
        conpfeqop | conppeqop | conffeqop | conexclop) REPLY='its operators' ;;
        indisvalid) REPLY='that it is not valid, though no part lacks it' ;;
        convalidated) REPLY='whether its rows are checked' ;;
        conenforced) REPLY='whether it is enforced' ;;
        connoinherit) REPLY='whether children inherit it' ;;
        condeferrable | condeferred) REPLY='whether it is deferred' ;;
        attnotnull | typnotnull) REPLY='NOT NULL' ;;
        attstorage | attcompression) REPLY='how its values are stored' ;;
        reloptions | toast.reloptions | attoptions) REPLY='its storage parameters' ;;
        reltablespace) REPLY='its tablespace' ;;
        relreplident | indisreplident) REPLY='the replica identity' ;;
        relrowsecurity | relforcerowsecurity) REPLY='row level security' ;;
        relowner | proowner | typowner | stxowner) REPLY='its owner' ;;
        relpartbound) REPLY='its bounds as a partition' ;;
        extensions) REPLY='the extensions that it depends on' ;;
        *) REPLY=$1 ;;
    esac
}

# find_fix DETAIL ROUTINE: leaves in fix the statement that ends it. A function that names something without a
# schema gets a path of its own; otherwise the database gets one on which all schemas of its extensions are.
find_fix() {
    fix=
    ERROR=$1 ROUTINE=$2 as_loader sql "$working" -f "$scripts/finding-fix.sql" || return 0
    fix=$(<"$work/rows")
}
