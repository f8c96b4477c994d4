-- Makes the roles of the spec members of what the spec says, and our own of what they need and of
-- nothing else.
--
-- ## Environment
--
-- - `ROLES`: JSON, `[{"name": …, "member_of": […]}]`
-- - `BACKUP_ROLE`, `RESTORE_ROLE`, `MONITORING_ROLE`: roles of our own; empty: not wanted
--
-- ## Log lines
--
-- - `event=membership name= role= result=granted|present|missing|beyond-spec`
-- - of our own roles also `result=revoked`
\getenv roles ROLES
\getenv backup_role BACKUP_ROLE
\getenv restore_role RESTORE_ROLE
\getenv monitoring_role MONITORING_ROLE
select case when groups.oid is not null and have.roleid is null then format('grant %I to %I', want.role, want.name) end,
       format('select %L', format('event=membership name=%s role=%s result=%s', to_json(want.name), to_json(want.role),
              case when groups.oid is null then 'missing' when have.roleid is null then 'granted' else 'present' end))
from (select name, jsonb_array_elements_text(coalesce(member_of, '[]')) as role
      from jsonb_to_recordset(:'roles') as roles(name text, member_of jsonb)) as want
join pg_roles member on member.rolname = want.name
left join pg_roles groups on groups.rolname = want.role
left join (select distinct roleid, member from pg_auth_members) as have
       on have.roleid = groups.oid and have.member = member.oid
order by want.name, want.role
\gexec
select distinct format('event=membership name=%s role=%s result=beyond-spec', to_json(want.name), to_json(groups.rolname::text))
from jsonb_to_recordset(:'roles') as want(name text, member_of jsonb)
join pg_roles member on member.rolname = want.name
join pg_auth_members have on have.member = member.oid
join pg_roles groups on groups.oid = have.roleid
where not coalesce(want.member_of, '[]') ? groups.rolname::text
order by 1;

-- From 16 on a membership says by itself whether it is inherited and whether SET ROLE may use it.
select current_setting('server_version_num')::int >= 160000 as has_options
\gset
create temporary table own as
select member.oid as member, member.rolname as name, groups.oid as roleid, groups.rolname as role
from pg_roles member
join pg_roles groups
  on member.rolname = :'backup_role' and groups.rolname in ('pg_read_all_data', 'pg_read_all_stats')
  or member.rolname = :'restore_role' and groups.rolname in ('pg_read_all_stats', 'pg_signal_backend')
  or member.rolname = :'monitoring_role' and groups.rolname = 'pg_monitor'
  -- From 16 on: an application that takes all connections shuts none of them out.
  or member.rolname in (:'backup_role', :'restore_role', :'monitoring_role') and groups.rolname = 'pg_use_reserved_connections';

select case when not have then format('grant %I to %I%s', role, name,
              case when :'has_options' then ' with inherit true, set true' else '' end) end,
       format('select %L', format('event=membership name=%s role=%s result=%s', to_json(name::text), to_json(role::text),
              case when have then 'present' else 'granted' end))
from own
cross join lateral (
    select exists (select from pg_auth_members given
                   where given.roleid = own.roleid and given.member = own.member
                   and coalesce((to_jsonb(given) ->> 'inherit_option')::boolean, true)
                   and coalesce((to_jsonb(given) ->> 'set_option')::boolean, true))
) as given(have)
order by name, role
\gexec
select format('revoke %I from %I%s', groups.rolname, member.rolname,
              case when :'has_options' then format(' granted by %I cascade', pg_get_userbyid(given.grantor)) else ' cascade' end),
       format('select %L', format('event=membership name=%s role=%s result=revoked', to_json(member.rolname::text), to_json(groups.rolname::text)))
from pg_auth_members given
join pg_roles member on member.oid = given.member and member.rolname in (:'backup_role', :'restore_role', :'monitoring_role')
join pg_roles groups on groups.oid = given.roleid
where not exists (select from own where own.member = given.member and own.roleid = given.roleid)
order by 1
\gexec
