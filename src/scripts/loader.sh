#!/usr/bin/env bash
# Who runs what a dump holds: a login of this one restore, with the rights of that database's owners and no other's. A
# part of restore.sh, drill.sh and rehearse.sh, sourced, never run.
#
# An owner's functions run while rows are loaded, and may do whatever that login may. At a managed server, and where
# a superuser restores, it is the role that restores.
#
# ## Log lines
#
# - `event=loader owners= result=opened`: whose rights it has, as a JSON list
set -Eeuo pipefail

# Whose rights it has, as JSON.
loader='' loader_password='' loaded_for=''

# as_loader COMMAND…: as who loads. Where the login took a slot that is reserved, the server has asked for its rights
# before it knew the database, and forgets that it is its owner's (pg_database_owner) until it has asked for those of
# another role, be it one that is not there.
as_loader() {
    local psql_first=(-c "select where pg_catalog.pg_has_role(1::oid, 2::oid, 'usage')")
    PGUSER=$loader password=$loader_password "$@"
}

# open_loader [settings]: with the rights of the owners; `settings`: and of the roles that have settings in the
# database, when nothing of the dump runs any more. Who restores has the lock: no other loader is in use.
open_loader() {
    local name owners
    if [[ -z $bootstrap || $AS_SUPERUSER == true ]]; then
        loader=$PGUSER loader_password=$password
        return 0
    fi
    query "$home" -v settings="${1-}" -f - <<'SQL'
\set description `cat -- "$DESCRIPTION"`
select coalesce(jsonb_agg(rolname order by rolname), '[]') from pg_roles, (select :'description'::jsonb as d) as description
where (d -> 'owners' ? rolname::text or d ->> 'owner' = rolname
       or :'settings' <> '' and (exists (select from jsonb_array_elements(d -> 'settings') as one where one ->> 'role' = rolname)
                                 or exists (select from jsonb_array_elements(nullif(d -> 'grants', 'null')) as one where one ->> 'grantor' = rolname)))
and underpin.acts_for(oid, '');
SQL
    owners=$(<"$work/rows")
    [[ $owners != "$loaded_for" ]] || return 0
    random_hex 8
    name=underpin_load_$REPLY
    random_hex 32
    loader_password=$REPLY
    random_hex 16
    verifier "$loader_password" "$REPLY"
    LOADER=$name VERIFIER=$REPLY LOADED_FOR=$owners query "$home" -v seconds="$((${DEADLINE_SECONDS:-86400} + 600))" -f - <<'SQL'
\getenv loader LOADER
\getenv verifier VERIFIER
\getenv owners LOADED_FOR
call underpin.open_loader(:'loader', :'verifier', :'owners', :seconds);
SQL
    loader=$name loaded_for=$owners
    quote "$owners"
    log "event=loader owners=$REPLY result=opened"
}

# close_loader: from here on nothing of the dump runs. What failed before it had its owner, or was made by the code that
# ran, is the database's owner's, so that the role can go.
close_loader() {
    [[ $loader == underpin_load_* ]] || return 0
    as_loader sql "$working" <<'SQL' || true
select format('reassign owned by %I to %I', current_user, pg_get_userbyid(datdba)) from pg_database where datname = current_database() \gexec
SQL
    query "$home" -v loader="$loader" -f - <<'SQL'
call underpin.close_loaders(:'loader');
SQL
    loader='' loader_password='' loaded_for=''
}

# end_loader: the same at the end of the script, whatever that is.
end_loader() {
    [[ $loader == underpin_load_* ]] || return 0
    PGUSER=$restorer PGDATABASE=$home PGPASSWORD=$restorer_password timeout 20 \
        psql -X -w -q -v loader="$loader" -f - <<<"call underpin.close_loaders(:'loader');" >/dev/null 2>&1 || true
}

# random_hex BYTES: so many, in REPLY.
random_hex() {
    REPLY=$(od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n')
}

# verifier PASSWORD SALT: what the server keeps in the place of the password (RFC 5803), in REPLY: the password
# itself never leaves this shell. It is random, 32 bytes, so that one iteration is as good as any number. SALT is hexadecimal.
verifier() {
    local salted client stored server
    hmac "$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n')" "${2}00000001"
    salted=$REPLY
    hmac "$salted" "$(printf 'Client Key' | od -An -v -tx1 | tr -d ' \n')"
    client=$REPLY
    hash_of "$client"
    stored=$REPLY
    hmac "$salted" "$(printf 'Server Key' | od -An -v -tx1 | tr -d ' \n')"
    server=$REPLY
    REPLY="SCRAM-SHA-256\$1:$(in_base64 "$2")\$$(in_base64 "$stored"):$(in_base64 "$server")"
}

# hmac KEY TEXT: HMAC-SHA-256 (RFC 2104), all three in hexadecimal, in REPLY.
hmac() {
    local key=$1 inner='' outer='' i byte
    ((${#key} <= 128)) || { hash_of "$key" && key=$REPLY; }
    for ((i = 0; i < 64; i++)); do
        byte=${key:i * 2:2}
        printf -v inner '%s%02x' "$inner" "$((16#${byte:-0} ^ 0x36))"
        printf -v outer '%s%02x' "$outer" "$((16#${byte:-0} ^ 0x5c))"
    done
    hash_of "$inner$2"
    hash_of "$outer$REPLY"
}

# hash_of HEX: its SHA-256, in REPLY.
hash_of() {
    REPLY=$(from_hex "$1" | sha256sum)
    REPLY=${REPLY%% *}
}

in_base64() {
    from_hex "$1" | base64 | tr -d '\n'
}

from_hex() {
    local i escaped=''
    for ((i = 0; i < ${#1}; i += 2)); do
        escaped+="\\x${1:i:2}"
    done
    printf '%b' "$escaped"
}
