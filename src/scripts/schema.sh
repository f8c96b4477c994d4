#!/usr/bin/env bash
# The schema of an archive as text that is equal before a dump and after its restore. It is sourced, never run.
#
# What legitimately differs is taken out: the `\restrict` lines and their key, versions and SET
# lines at the top, and the order of columns in a table that inherits them. All else stays as
# pg_restore writes it, with a comment of name, type, schema and owner above each object. It needs
# no server, and a client of PostgreSQL 15 to 18.
#
# ## Functions
#
# - `schema_text ARCHIVE`: writes the text of pg_dump's archive (file or directory) to stdout
# - `without_roles FILE [only]`: such a text from stdin without what is granted to roles, or taken from
#   them, whose names stand in the file, one a line, plain words; blanks and comments of grants change;
#   `only`: nothing but its grants
# - `compare_schemas EXPECTED FOUND [DEFINED]`: one log line for each object that differs; 1 when one
#   does. DEFINED `yes`: the words of what has definitions are not compared, only that it is there; of
#   defaults, checks and rules not even that
#
# ## Log lines
#
# - `event=schema object= result=missing|unexpected|differs`
set -Eeuo pipefail

# Lines of function bodies are left alone: restrict's key is random and only its own lines hold it.
schema_text() {
    pg_restore -s -f - "$1" | LC_ALL=C awk '
        function sort_columns(   i, j, held) {
            for (i = 2; i <= n; i++) {
                held = columns[i]
                for (j = i - 1; j >= 1 && columns[j] > held; j--) columns[j + 1] = columns[j]
                columns[j + 1] = held
            }
            for (i = 1; i <= n; i++) print columns[i]
        }
        NR <= 12 && /^-- Dumped (from database version|by pg_dump version) / { next }
        key == "" && /^\\restrict [0-9A-Za-z]+$/ { key = $2; next }
        key != "" && $0 == "\\unrestrict " key { next }
        $0 == "-- PostgreSQL database dump complete" { next }
        # The dump of a schema alone does not fill materialized views.
        /^-- Name: .*; Type: / { header = 1; passing = /; Type: MATERIALIZED VIEW DATA; / }
        passing { next }
        !header && /^SET / && !/^SET default_table_access_method = / { next }
        /^SET default_tablespace = / { next }
        /^CREATE (UNLOGGED )?TABLE .* \($/ { inside = 1; print; next }
        inside && /^\)/ { inside = 0; bracket = $0; next }
        inside { plain[++n] = $0; sub(/,$/, ""); columns[n] = $0; next }
        # Only what inherits may have its columns in another order.
        bracket != "" {
            if (/^INHERITS \(/) sort_columns()
            else for (i = 1; i <= n; i++) print plain[i]
            print bracket
            bracket = ""; n = 0
        }
        { print }
    '
}

# A name may hold anything, a newline too, but in quotes; the names in the file need none.
without_roles() {
    LC_ALL=C awk -v only="${2-}" '
        function flush(   i) {
            for (i = 1; i <= n; i++)
                if (statements[i] ~ /^SET SESSION AUTHORIZATION / && i < n && statements[i + 1] ~ /^RESET SESSION AUTHORIZATION;$/) i++
                else kept = kept statements[i] "\n"
            # With nothing left it is as if nothing had been granted.
            if (kept != "" || !dropped) printf "%s%s", (only == "" ? header : ""), kept
            header = kept = statement = ""
            n = dropped = quotes = 0
        }
        FILENAME == ARGV[1] { roles = roles (roles == "" ? "" : "|") $0; next }
        # A name in quotes cannot begin with this: it stands after its first quote.
        /^-- Name: .*; Type: / && quotes % 2 == 0 {
            flush()
            grants = /; Type: (DEFAULT )?ACL; /
            if (grants) { header = $0 "\n"; next }
        }
        !grants { if (only == "") print; next }
        statement == "" && (/^--/ || /^$/) { if (only == "" && !/^--$/ && n == 0) header = header $0 "\n"; next }
        {
            statement = statement (statement == "" ? "" : "\n") $0
            line = $0
            quotes += gsub(/"/, "", line)
            if (quotes % 2 || $0 !~ /;$/) next
            if (statement ~ ("^(GRANT|REVOKE|ALTER DEFAULT PRIVILEGES) .* (TO|FROM) (" roles ")( WITH GRANT OPTION)?;$")) dropped = 1
            else statements[++n] = statement
            statement = ""
        }
        END { flush() }
    ' "$1" -
}

# An object is what stands between two comments of the form "-- Name: …; Type: …"; their order is
# that of names and dependencies, and does not count.
compare_schemas() {
    LC_ALL=C awk -v quote='"' -v defined="${3-no}" '
        # A dump names the roles of a policy in the order in which they were made on that server.
        function sort_roles(text,   from, rest, to, i, j, n, held, roles, sorted) {
            if (!(from = index(text, " TO "))) return text
            rest = substr(text, from + 4)
            if (!(to = match(rest, / (USING|WITH CHECK) \(|;$/))) return text
            n = split(substr(rest, 1, to - 1), roles, ", ")
            for (i = 2; i <= n; i++) {
                held = roles[i]
                for (j = i - 1; j >= 1 && roles[j] > held; j--) roles[j + 1] = roles[j]
                roles[j + 1] = held
            }
            for (i = 1; i <= n; i++) sorted = sorted (i > 1 ? ", " : "") roles[i]
            return substr(text, 1, from + 3) sorted substr(rest, to)
        }
        # A name may hold the same words: then there is more than one place for a type.
        function has_definition(header,   parts) {
            return split(header, parts, "; Type: ") == 2 && parts[2] ~ /^(TABLE|VIEW|MATERIALIZED VIEW|DEFAULT|CONSTRAINT|CHECK CONSTRAINT|FK CONSTRAINT|INDEX|RULE|POLICY|TRIGGER|STATISTICS|FUNCTION|PROCEDURE|DOMAIN); /
        }
        # What a dump writes with its table, domain or view or by itself, as its way through circles has it.
        function may_stand_alone(header) { return has_definition(header) && header ~ /; Type: (DEFAULT|CHECK CONSTRAINT|RULE); / }
        function keep(   i) {
            if (header == "") return
            while (sub(/\n+(--)?$/, "", body)) { }
            if (header ~ /; Type: POLICY; /) body = sort_roles(body)
            if (side == 1) { expected[header, ++expects[header]] = body }
            else { found[header, ++finds[header]] = body }
            if (!(header in seen)) { seen[header] = ++count; order[count] = header }
            body = ""
        }
        function say(header, result) {
            gsub(/\\/, "\\\\", header); gsub(quote, "\\" quote, header)
            print "event=schema object=" quote substr(header, 4) quote " result=" result
            differs = 1
        }
        FNR == 1 { keep(); side++; header = "-- Name: -; Type: -"; method = "" }
        # It holds until another comes, and stands before the comment of the first object that it is for: each
        # object that it is for has a line of it here, whatever came before.
        /^SET default_table_access_method = / { method = ($0 ~ / = heap;$/) ? "" : $0 "\n"; next }
        /^-- Name: .*; Type: / { keep(); header = $0; if ($0 ~ /; Type: (TABLE|MATERIALIZED VIEW); /) body = method; next }
        { body = body $0 "\n" }
        END {
            keep()
            for (i = 1; i <= count; i++) {
                h = order[i]
                if (defined == "yes" && may_stand_alone(h)) continue
                if (expects[h] + 0 > finds[h] + 0) { say(h, "missing"); continue }
                if (expects[h] + 0 < finds[h] + 0) { say(h, "unexpected"); continue }
                if (defined == "yes" && has_definition(h)) continue
                same = 0
                for (a = 1; a <= expects[h]; a++)
                    for (b = 1; b <= finds[h]; b++)
                        if (expected[h, a] == found[h, b] && !used[h, b]) { used[h, b] = 1; same++; break }
                if (same < expects[h]) say(h, "differs")
            }
            exit differs + 0
        }
    ' "$1" "$2"
}
