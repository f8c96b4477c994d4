-- What Jobs keep on the server, and what its superuser does for the role that restores: the schema `underpin`.
--
-- Bootstrap makes it in the database `underpin`, where no owner of a database may connect: what stood in a comment
-- could be written by whoever owns the database. A drill and a rehearsal make it in the server of their own.
--
-- The role that restores is a member of no owner. What a dump holds runs as a loader: a login of that one restore, with
-- the rights of that database's owners, which is gone afterwards. What takes more than that is done here, and only
-- for an owner whose rights reach nothing mightier.
--
-- It is run as a superuser, with search_path = pg_catalog. Its comment says which text made it: a second run changes
-- nothing.
--
-- ## Environment
--
-- - `BACKUP_ROLE`, `RESTORE_ROLE`: who may use it
-- - `DIGEST`: of this text
--
-- ## Log lines
--
-- none
\getenv backup_role BACKUP_ROLE
\getenv restore_role RESTORE_ROLE
\getenv digest DIGEST
select obj_description(to_regnamespace('underpin'), 'pg_namespace') is not distinct from :'digest' as is_made,
       to_regclass('underpin.marks') is null as is_first \gset
\if :is_made
\else
begin;
create schema if not exists underpin;
-- Of each database that we made, by its OID, which a new name does not change: whence it comes.
create table if not exists underpin.marks (database oid primary key, mark text not null);

-- With the arguments of shobj_description: at a managed server the mark is the comment.
create or replace function underpin.mark(database oid, name) returns text
language sql stable as 'select mark from underpin.marks where database = $1';

-- The backups of this server, as it numbers them. A copy of it, or what it was before it was set back, does not have the
-- rows of those that were made meanwhile.
create table if not exists underpin.backups (token text primary key, number int8 not null, id text not null, at timestamptz not null default clock_timestamp());

-- enter_backup ID TOKEN HIGHEST: gives it the next number, above HIGHEST, the highest at the destination. The backup counts
-- only when this is durable.
create or replace function underpin.enter_backup(id text, token text, highest int8) returns int8
language sql security definer set search_path = pg_catalog, pg_temp set synchronous_commit = on as $$
    insert into underpin.backups (token, number, id)
    select $2, greatest((select max(number) from underpin.backups), $3, 0) + 1, $1
    returning number
$$;

-- adopt_backup ID TOKEN NUMBER: takes a backup of another one of us as its own.
create or replace procedure underpin.adopt_backup(id text, token text, number int8)
language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into underpin.backups (token, number, id) values ($2, $3, $1) on conflict do nothing
$$;

create or replace procedure underpin.set_mark(database text, mark text)
language sql security definer set search_path = pg_catalog, pg_temp as $$
    delete from underpin.marks m where not exists (select from pg_database d where d.oid = m.database) or m.database = (select oid from pg_database where datname = $1);
    insert into underpin.marks select oid, $2 from pg_database where datname = $1 and $2 is not null;
$$;

-- acts_for ROLE: whether a restore may act for that owner: nothing that he may do makes him a superuser, and he
-- is no role of PostgreSQL's or ours. A superuser acts for all. With the arguments of pg_has_role.
create or replace function underpin.acts_for(role oid, text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select not exists (select from pg_roles above
                       where (rolsuper or rolcreaterole and current_setting('server_version_num')::int < 160000
                              or rolname in ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
                       and pg_has_role($1, above.oid, 'member'))
           and rolname !~ '^(pg|underpin)_' or (select rolsuper from pg_roles where rolname = session_user)
    from pg_roles where oid = $1
$$;

-- reaches_all ROLE: whether he may read, write or watch what belongs to others.
create or replace function underpin.reaches_all(role oid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (select from pg_roles above where rolname ~ '^pg_' and rolname <> 'pg_database_owner' and pg_has_role($1, above.oid, 'member'))
$$;

-- may_handle DATABASE: raises an error unless a restore may rename, close or give away that database.
create or replace procedure underpin.may_handle(database text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from pg_database
                   where datname = $1 and not datistemplate and datname <> 'underpin'
                   and (underpin.acts_for(datdba, '') or pg_get_userbyid(datdba) = 'underpin_restore')) then
        raise insufficient_privilege using message = format('no restore may touch the database %I', $1);
    end if;
end $$;

create or replace procedure underpin.rename(database text, new_name text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    call underpin.may_handle($1);
    execute format('alter database %I rename to %I', $1, $2);
end $$;

create or replace procedure underpin.let_in(database text, open text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    call underpin.may_handle($1);
    execute format('alter database %I allow_connections %s', $1, case when $2::boolean then 'true' else 'false' end);
end $$;

-- give DATABASE ROLE: to its owner, or to the role that restores, who alone may drop it then.
create or replace procedure underpin.give(database text, role text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    call underpin.may_handle($1);
    if $2 <> 'underpin_restore' and underpin.acts_for(to_regrole(quote_ident($2)), '') is not true then
        raise insufficient_privilege using message = format('no restore may act for role %I', $2);
    end if;
    execute format('alter database %I owner to %I', $1, $2);
end $$;

-- open_loader NAME VERIFIER OWNERS SECONDS: a login with the rights of these owners, for so long. One at a time: who calls
-- it has the lock of restores.
create or replace procedure underpin.open_loader(loader text, verifier text, owners jsonb, seconds int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    owner text;
    has_options constant boolean := current_setting('server_version_num')::int >= 160000;
begin
    call underpin.close_loaders('');
    if $1 !~ '^underpin_load_[0-9a-f]{16}$' or $2 !~ '^SCRAM-SHA-256\$1:[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]{44}:[A-Za-z0-9+/=]{44}$' then
        raise invalid_parameter_value using message = 'this is no name, or no verifier, of a loader';
    end if;
    execute format('create role %I login password %L valid until %L', $1, $2, clock_timestamp() + make_interval(secs => $4));
    if has_options then
        execute format('grant pg_use_reserved_connections to %I', $1);
    end if;
    if current_setting('server_version_num')::int >= 170000 then
        execute format('alter role %I set event_triggers = off', $1);
    end if;
    for owner in select jsonb_array_elements_text($3) loop
        if underpin.acts_for(to_regrole(quote_ident(owner)), '') is not true then
            raise insufficient_privilege using message = format('no restore may act for role %I', owner);
        end if;
        execute format('grant %I to %I%s', owner, $1, case when has_options then ' with inherit true, set true, admin false' else '' end);
    end loop;
end $$;

-- close_loaders NAME: no one logs in as that one any more, and it has no right; empty: as any. What still belongs to one
-- keeps its name.
create or replace procedure underpin.close_loaders(name text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    loader record;
begin
    for loader in select oid, rolname from pg_roles where rolname ~ '^underpin_load_[0-9a-f]{16}$' and $1 in (rolname, '') loop
        execute format('alter role %I nologin password null', loader.rolname);
        execute coalesce((select string_agg(format('revoke %I from %I', pg_get_userbyid(roleid), loader.rolname), '; ')
                          from pg_auth_members where member = loader.oid), 'select');
        perform pg_terminate_backend(pid) from pg_stat_activity where usesysid = loader.oid;
        begin
            execute format('drop role %I', loader.rolname);
        exception when dependent_objects_still_exist then
            null;
        end;
    end loop;
end $$;

revoke all on all routines in schema underpin from public;
select format('grant usage on schema underpin to %I', rolname),
       format('grant select on underpin.marks, underpin.backups to %I', rolname),
       format('grant execute on function underpin.mark(oid, name), underpin.acts_for(oid, text), underpin.reaches_all(oid) to %I', rolname)
from pg_roles where rolname in (:'backup_role', :'restore_role')
\gexec
select format('grant execute on function underpin.enter_backup(text, text, int8) to %I', rolname),
       format('grant execute on procedure underpin.adopt_backup(text, text, int8) to %I', rolname)
from pg_roles where rolname = :'backup_role'
\gexec
select format('grant execute on procedure underpin.set_mark(text, text), underpin.rename(text, text), underpin.let_in(text, text), underpin.give(text, text), underpin.open_loader(text, text, jsonb, int), underpin.close_loaders(text) to %I', rolname)
from pg_roles where rolname = :'restore_role'
\gexec
-- The marks of before were comments, which an owner may have written: whose backups may be removed is not taken over.
select format('call underpin.set_mark(%L, %L)', datname, split_part(mark, ' of server ', 1)), format('comment on database %I is null', datname)
from pg_database cross join lateral shobj_description(oid, 'pg_database') as comment(mark)
where :'is_first' and mark ~ '^underpin: '
\gexec
comment on schema underpin is :'digest';
commit;
\endif
