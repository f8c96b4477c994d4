-- Rows for the tables of a database whose meaning no one told us: by the catalog alone, as the owner.
-- Each value is of its column's type, a foreign key's is one that is there, a CHECK's constants are
-- tried; what a table still refuses is left out. The last line says how many tables have rows.

-- A value of a type, number N; null if we know none.
create function pg_temp.value_of(type oid, modifier int, number int) returns text language plpgsql as $$
declare
    kind record;
    room int := case when modifier > 4 then modifier - 4 else 40 end;
begin
    select * into kind from pg_catalog.pg_type where pg_type.oid = type;
    if kind.typtype = 'd' then
        return pg_temp.value_of(kind.typbasetype, kind.typtypmod, number);
    elsif kind.typtype = 'e' then
        return (select enumlabel from pg_catalog.pg_enum where enumtypid = type
                order by (enumsortorder::int + number) % 7, enumsortorder limit 1);
    elsif kind.typtype = 'r' or kind.typtype = 'm' then
        return 'empty';
    elsif kind.typcategory = 'A' then
        return case when number % 2 = 0 then '{}'
            else '{' || pg_catalog.quote_ident(pg_temp.value_of(kind.typelem, modifier, number)) || '}' end;
    end if;
    return case
        when kind.typname in ('text', 'varchar', 'bpchar', 'citext', 'name') then
            case when room < 9 then pg_catalog.left(number::text, room) else 'word é ' || number end
        when kind.typname in ('int2', 'int4', 'int8', 'oid', 'money', 'xid8') then number::text
        when kind.typname = 'numeric' and modifier > 4 and (modifier - 4) >> 16 = (modifier - 4) & 65535 then '0.' || number
        when kind.typname in ('numeric', 'float4', 'float8') then number || '.5'
        when kind.typname = 'bool' then (number % 2 = 0)::text
        when kind.typname = 'uuid' then pg_catalog.gen_random_uuid()::text
        when kind.typname in ('timestamp', 'timestamptz') then (timestamp '2025-01-02 03:04:05.678' + number * interval '1 day')::text
        when kind.typname = 'date' then (date '2025-01-02' + number)::text
        when kind.typname in ('time', 'timetz') then '03:04:05'
        when kind.typname = 'interval' then number || ' hours'
        when kind.typname in ('json', 'jsonb') then pg_catalog.format('{"number":  %s, "é": [null, "x"]}', number)
        when kind.typname = 'bytea' then '\x00ff' || pg_catalog.lpad(number::text, 2, '0')
        when kind.typname in ('inet', 'cidr') then '192.0.2.' || number
        when kind.typname = 'macaddr' then '00:00:5e:00:53:0' || number % 9
        when kind.typname = 'bit' then pg_catalog.repeat('1', greatest(modifier, 1))
        when kind.typname = 'varbit' then '101'
        when kind.typname = 'tsvector' then 'word' || number
        when kind.typname = 'hstore' then '"n"=>"' || number || '"'
        when kind.typname = 'ltree' then 'top.n' || number
        when kind.typname = 'xml' then '<n/>'
        when kind.typname = 'point' then pg_catalog.format('(%s,1)', number)
    end;
end $$;

-- A constant that a CHECK of this column names.
create function pg_temp.constant_of(relation oid, col int, number int) returns text language plpgsql as $$
declare constants text[];
begin
    select pg_catalog.array_agg(found.words[1]) into constants
    from pg_catalog.pg_constraint c,
        pg_catalog.regexp_matches(pg_catalog.pg_get_constraintdef(c.oid), '''((?:[^'']|'''')*)''', 'g') found(words)
    where c.conrelid = relation and c.contype = 'c' and c.conkey @> array[col::int2];
    return constants[1 + number % pg_catalog.cardinality(constants)];
end $$;

-- The INSERT of row N; MEAN leaves out all that may be left out.
create function pg_temp.insert_of(relation oid, number int, mean boolean) returns text language plpgsql as $$
declare
    part record; col record; spare text;
    columns text[] := '{}'; vals text[] := '{}'; sources text := ''; keyed int2[] := '{}';
begin
    for part in
        select k.* from pg_catalog.pg_constraint k
        where k.conrelid = relation and k.contype = 'f' and k.confrelid <> relation order by k.oid
    loop
        continue when keyed && part.conkey;
        continue when mean and exists (
            select from pg_catalog.pg_attribute a
            where a.attrelid = relation and a.attnum = any (part.conkey) and not a.attnotnull);
        sources := sources || case sources when '' then ' from ' else ', ' end || pg_catalog.format(
            '(select * from %s order by 1 offset (%s %% greatest((select count(*) from %s), 1)) limit 1) key%s',
            part.confrelid::regclass, number, part.confrelid::regclass, part.oid);
        for col in
            select a.attname, r.attname as target
            from rows from (pg_catalog.unnest(part.conkey), pg_catalog.unnest(part.confkey)) k(mine, theirs)
            join pg_catalog.pg_attribute a on a.attrelid = relation and a.attnum = k.mine
            join pg_catalog.pg_attribute r on r.attrelid = part.confrelid and r.attnum = k.theirs
        loop
            columns := columns || pg_catalog.quote_ident(col.attname);
            vals := vals || pg_catalog.format('key%s.%I', part.oid, col.target);
        end loop;
        keyed := keyed || part.conkey;
    end loop;
    for col in
        select a.*, d.adbin is not null as has_default, pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ 'nextval' as counts,
            exists (select from pg_catalog.pg_constraint k
                where k.conrelid = relation and k.contype = 'f' and a.attnum = any (k.conkey)) as refers
        from pg_catalog.pg_attribute a
        left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = relation and a.attnum > 0 and not a.attisdropped
        and a.attgenerated = '' and a.attidentity = '' and not a.attnum = any (keyed) order by a.attnum
    loop
        continue when col.counts or col.refers and not col.attnotnull;
        continue when mean and (col.has_default or not col.attnotnull);
        spare := coalesce(pg_temp.constant_of(relation, col.attnum, number), pg_temp.value_of(col.atttypid, col.atttypmod, number));
        continue when spare is null;
        columns := columns || pg_catalog.quote_ident(col.attname);
        vals := vals || pg_catalog.format('%L::%s', spare, pg_catalog.format_type(col.atttypid, col.atttypmod));
    end loop;
    if columns = '{}' then
        return pg_catalog.format('insert into %s default values', relation::regclass);
    end if;
    return pg_catalog.format('insert into %s (%s) select %s%s',
        relation::regclass, pg_catalog.array_to_string(columns, ', '), pg_catalog.array_to_string(vals, ', '), sources);
end $$;

-- What tables refer to may come later in the alphabet: again and again, until nothing is new.
do $$
declare relation regclass; number int; made int; mean boolean; filled boolean;
begin
    for pass in 1 .. 6 loop
        for relation in
            select c.oid from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
            and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype = 'e') order by n.nspname, c.relname
        loop
            execute pg_catalog.format('select exists (select from %s)', relation) into filled;
            continue when filled and pass > 1;
            for number in 1 .. 4 loop
                foreach mean in array array[false, true] loop
                    begin
                        execute pg_temp.insert_of(relation, 40 + number, mean);
                        -- None, where what it refers to is empty.
                        get diagnostics made = row_count;
                        exit when made > 0;
                    exception when others then
                        raise debug '%: %', relation, sqlerrm;
                    end;
                end loop;
            end loop;
        end loop;
    end loop;
end $$;

-- A restore fills them anew.
do $$
declare relation regclass;
begin
    for relation in select c.oid from pg_catalog.pg_class c where c.relkind = 'm' and c.relispopulated order by c.oid loop
        execute pg_catalog.format('refresh materialized view %s', relation);
    end loop;
end $$;

create function pg_temp.has_rows(relation regclass) returns boolean language plpgsql as $$
declare filled boolean;
begin
    execute pg_catalog.format('select exists (select from %s)', relation) into filled;
    return filled;
end $$;
select pg_catalog.count(*) filter (where pg_temp.has_rows(c.oid)) || ' of ' || pg_catalog.count(*) || ' tables have rows'
from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema';
