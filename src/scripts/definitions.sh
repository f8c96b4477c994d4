#!/usr/bin/env bash
# Whether the definitions of two databases of one release mean the same. It is sourced, never run.
#
# What a dump writes of an expression comes back in other words, and words that are the same may come
# back with another meaning: a name is looked up anew. So what is compared is the stored tree of each
# expression, with names for numbers and without what is of no consequence: where something stood in the
# source, what columns and tables were called in it, whether a cast was written or implied. What stores
# one meaning in two ways is one here, because pg_dump and the server turn the one into the other: AND in
# AND and OR in OR; a cast of an array that is written out and the casts of its elements, both by
# relabeling and by a function; a cast with a collation and without one; a join without a condition and one
# ON TRUE. Nothing else is forgiven.
#
# ## Functions
#
# - `canonical_definitions`: turns what `definitions.sql` wrote (stdin) into sorted lines of kind,
#   identity, field and value, with tabs between; the last line counts them. Above 0: the input is
#   damaged or not whole
# - `compare_definitions EXPECTED FOUND`: one log line for each object and field that differs; 1 when
#   one does, above 1 when a file is not whole or of another release
#
# `not-carried` is a warning: what pg_dump cannot write and does no harm. That is a child's own storage,
# compression and order of inherited columns, whether it would keep what its parent loses, a tablespace, an
# invalid index, that an index of a partitioned table is not valid though no part lacks it, a subscription,
# and that the checks of a foreign key were turned off; and of a member of an extension, that its function was
# altered, or that it was not there. What an extension has is compared where both are of one version.
#
# ## Log lines
#
# - `event=definition kind= name= field= result=missing|unexpected|differs|not-carried`; field `*` is
#   the object itself
set -Eeuo pipefail

canonical_definitions() {
    LC_ALL=C awk '
        # What a number in a field is: (t)ype, (f)unction, (o)perator, (c)ollation, (r)elation, operator
        # family (p), operator class (q), constraint (k), role (u).
        function set(kind, names,   list, i) {
            for (i = split(names, list, " "); i >= 1; i--) kind_of[list[i]] = kind
        }
        BEGIN {
            FS = "\t"
            set("t", "vartype consttype paramtype opresulttype funcresulttype resulttype aggtype aggtranstype aggargtypes wintype")
            set("t", "array_typeid element_typeid row_typeid casetype coalescetype minmaxtype typeId typid type refcontainertype")
            set("t", "refelemtype refrestype refassgntype firstColType colTypes coltypes funccoltypes ctecoltypes enrtype")
            set("f", "funcid aggfnoid winfnoid tsmhandler startInRangeFunc endInRangeFunc elemfuncid hashfuncid negfuncid")
            set("o", "opno opnos eqop sortop cycle_mark_neop")
            set("c", "varcollid constcollid paramcollid opcollid inputcollid inputcollids funccollid aggcollid wincollid")
            set("c", "casecollid coalescecollid minmaxcollid refcollid collation collOid firstColCollation colCollations")
            set("c", "colcollations funccolcollations ctecolcollations inRangeColl infercollid cycle_mark_collation enrcollations")
            set("t", "cycle_mark_type")
            set("r", "relid resorigtbl seqid")
            set("p", "opfamilies")
            set("q", "inferopclass")
            set("k", "constraint")
            set("u", "checkAsUser")
            set("-", "resultcollid array_collid")
            set("-", "location stmt_location stmt_len list_start list_end relabelformat coerceformat funcformat row_format convertformat coercionformat")
            set("-", "varnosyn varattnosyn opfuncid rellockmode perminfoindex alias eref inFromCl resname joinaliasvars joinleftcols joinrightcols")
            set("-", "constraintDeps operName isNatural usingClause exclRelTlist selectedCols join_using_alias querySource queryId ctecolnames aliascolnames funccolcount funccolnames")
            # Built-in types whose values are numbers of objects.
            list = "24 f 2202 f 2203 o 2204 o 2205 r 2206 t 3734 g 3769 d 4089 n 4096 u 4191 c"
            for (i = split(list, pairs, " "); i >= 1; i -= 2) named[pairs[i - 1]] = pairs[i]
        }
        $1 == "m" {
            if ($2 == "a") { column[$3, $4] = $5; if ($4 + 0 > columns[$3] + 0) columns[$3] = $4 + 0; next }
            if ($4 != "") name[$2, $3] = $4
            if ($2 == "t") { typtype[$3] = $5; base[$3] = $6; relation[$3] = $7 }
            next
        }
        $1 == "d" { print $2 "\t" $3 "\t" $4 "\t" $5; lines++; next }
        $1 == "x" {
            printf "%s\t%s\t%s\t", $2, $3, $4
            tokens($6); depth = 0; context = $5; cases = 0; emit(1)
            if (skip(1) != n + 1) damaged("an expression that is not one node")
            print ""; lines++; next
        }
        $1 == "end" { release = $2; next }
        { damaged("a line of no known kind") }
        END {
            if (broken) exit 2
            if (release == "") { print "the definitions are not whole" | "cat >&2"; exit 2 }
            printf "~end\t1\t%s\t%d\n", release, lines
        }
        function damaged(what) {
            print "the definitions are damaged: " what ", in line " NR | "cat >&2"
            broken = 1
            exit 2
        }

        # Tokens: braces and parentheses by themselves, and all between. Where one begins, ends[] says where
        # it ends. A backslash keeps the next character from being one, and is doubled by COPY.
        function tokens(text,   parts, m, i, part, c, k) {
            n = 0; open = 0
            m = split(text, parts, " ")
            for (i = 1; i <= m; i++) {
                part = parts[i]
                if (index(part, "\\")) {
                    while (ends_escaped(part) && i < m) part = part " " parts[++i]
                    slowly(part)
                    continue
                }
                while ((c = substr(part, 1, 1)) == "{" || c == "(") { begin(c); part = substr(part, 2) }
                k = length(part)
                while (k > 0 && ((c = substr(part, k, 1)) == "}" || c == ")")) k--
                if (k > 0) tok[++n] = substr(part, 1, k)
                for (k++; k <= length(part); k++) end(substr(part, k, 1))
            }
            if (open != 0 || n == 0) damaged("an expression that does not end")
            tok[n + 1] = ""
        }
        function ends_escaped(part,   k) {
            k = length(part)
            while (k > 0 && substr(part, k, 1) == "\\") k--
            return (length(part) - k) % 4 == 2
        }
        function slowly(part,   k, c, held) {
            held = ""
            for (k = 1; k <= length(part); k++) {
                c = substr(part, k, 1)
                if (c == "\\") {
                    # \\x, and \\\\ or \\\n, whose escaped character COPY escapes in turn.
                    held = held substr(part, k, 3)
                    if (substr(part, k + 2, 1) == "\\") { held = held substr(part, k + 3, 1); k++ }
                    k += 2
                } else if (c == "{" || c == "(" || c == "}" || c == ")") {
                    if (held != "") tok[++n] = held
                    held = ""
                    if (c == "{" || c == "(") begin(c); else end(c)
                } else held = held c
            }
            if (held != "") tok[++n] = held
        }
        function begin(c) { tok[++n] = c; stack[++open] = n }
        function end(c) {
            tok[++n] = c
            if (open < 1 || (tok[stack[open]] == "{") != (c == "}")) damaged("an expression with braces that do not match")
            ends[stack[open--]] = n
        }

        # The token after the value that begins at i; after the field whose name stands at i; a field of a node.
        function skip(i) {
            if (tok[i] == "{" || tok[i] == "(") return ends[i] + 1
            if (tok[i + 1] != "[") return i + 1
            for (i += 2; tok[i] != "]"; i++) if (i > n) damaged("bytes that do not end")
            return i + 1
        }
        function after(i) {
            i = skip(i + 1)
            while (i < n && tok[i] != "}" && substr(tok[i], 1, 1) != ":") i = skip(i)
            return i
        }
        function field(i, wanted,   end_) {
            end_ = ends[i]; wanted = ":" wanted
            for (i += 2; i < end_; i = after(i)) if (tok[i] == wanted) return i + 1
            return 0
        }
        function value(i, wanted) {
            i = field(i, wanted)
            return i ? tok[i] : ""
        }

        function emit(i,   stop) {
            if (tok[i] == "{") node(i)
            else if (tok[i] == "(") {
                printf "("
                stop = ends[i]
                for (i++; i < stop; i = skip(i)) { emit(i); printf " " }
                printf ")"
            } else {
                stop = skip(i)
                printf "%s", tok[i]
                for (i++; i < stop; i++) printf " %s", tok[i]
            }
        }
        # A number by what it is.
        function number(kind, i,   stop) {
            if (tok[i] == "(") {
                stop = ends[i]
                printf "("
                for (i++; i < stop; i++) printf "%s ", ((kind, tok[i]) in name) ? name[kind, tok[i]] : tok[i]
                printf ")"
            } else printf "%s", ((kind, tok[i]) in name) ? name[kind, tok[i]] : tok[i]
        }
        function node(i,   type, stop) {
            type = tok[i + 1]
            if (type == "RELABELTYPE" || type == "ARRAYCOERCEEXPR") { if (cast_array(i)) return }
            else if (type == "CASETESTEXPR" && cases > 0) { case_value(); return }
            else if (type == "ARRAYEXPR") { array(i, 0, 0); return }
            else if (type == "BOOLEXPR") { boolean(i); return }
            else if (type == "CONST") { constant(i); return }
            else if (type == "QUERY") { query(i); return }
            else if (type == "MERGEACTION") { action(i); return }
            printf "%s", "{" type
            fields(i, i + 2, ends[i])
            printf "}"
        }
        # What is null, false or 0 is left out: of one field it is always the same.
        function fields(i, j, stop,   next_, field_) {
            for (; j < stop; j = next_) {
                next_ = after(j)
                field_ = substr(tok[j], 2)
                if ((field_ in kind_of) && kind_of[field_] == "-") continue
                if (next_ == j + 2 && (tok[j + 1] == "<>" || tok[j + 1] == "false" || tok[j + 1] == "0")) continue
                if (tok[j + 1] == "(" && tok[j + 2] == "b" && tok[j + 3] == ")") continue
                if (goes_without_saying(i, field_, j + 1)) continue
                printf " :%s ", field_
                if (!special(i, field_, j + 1)) {
                    if (field_ in kind_of) number(kind_of[field_], j + 1)
                    else for (j++; j < next_; j = skip(j)) { emit(j); if (skip(j) < next_) printf " " }
                }
            }
        }

        function goes_without_saying(i, field_, j) {
            if (tok[i + 1] == "JOINEXPR" && field_ == "quals") return is_true(j)
            # The collation of a cast is that of what is cast, or of the type, and both are here. ALTER COLUMN TYPE puts a
            # cast around the default and gives it none; reading its text does.
            return tok[i + 1] == "FUNCEXPR" && (field_ == "funccollid" || field_ == "inputcollid") && (value(i, "funcformat") == 1 || value(i, "funcformat") == 2)
        }
        # A natural join of tables that have no column in common has no condition, and comes back ON TRUE.
        function is_true(i) {
            return tok[i] == "{" && tok[i + 1] == "CONST" && value(i, "consttype") == 16 && value(i, "constisnull") == "false" && tok[field(i, "constvalue") + 2] == 1
        }

        # Fields that hold numbers of columns. Dropped columns shift them: they become names.
        function special(i, field_, j,   type, relid, k, stop) {
            type = tok[i + 1]
            if (field_ == "varattno" && type == "VAR") { variable(i, tok[j]); return 1 }
            if (field_ ~ /^(inserted|updated|extraUpdated)Cols$/) { column_set(value(i, "relid"), j); return 1 }
            if (field_ == "fieldnum" && type == "FIELDSELECT") { column_name(composite(type_of(field(i, "arg"))), tok[j]); return 1 }
            if (field_ == "fieldnums" && type == "FIELDSTORE") {
                relid = composite(value(i, "resulttype"))
                stop = ends[j]
                for (k = j + 2; k < stop; k++) { column_name(relid, tok[k]); printf " " }
                return 1
            }
            if (field_ == "args" && type == "ROWEXPR" && tok[j] == "(" && (relid = composite(value(i, "row_typeid"))) in columns) {
                stop = ends[j]
                for (k = 1 + 0 * j++; j < stop; j = skip(j)) { if (k > columns[relid] || (relid, k) in column) { emit(j); printf " " } k++ }
                return 1
            }
            if (field_ == "format" && type == "JSONRETURNING" && own_format(j, value(i, "typid"))) { printf "own"; return 1 }
            if (field_ == "resorigcol") { column_name(value(i, "resorigtbl"), tok[j]); return 1 }
            if (field_ == "onConflictSet") { targets(j, target[depth]); return 1 }
            return 0
        }
        # What json, jsonb and bytea are written in goes without saying, and pg_dump says it.
        function own_format(j, type,   format) {
            format = value(j, "format_type")
            if (value(j, "encoding") > 1) return 0
            return type == 17 && format == 1 || type == 114 && (format == 0 || format == 1) || type == 3802 && (format == 0 || format == 2)
        }
        function column_name(relid, number_) {
            printf "%s", ((relid, number_) in column) ? column[relid, number_] : number_
        }
        # Column numbers are counted from the first of the system columns.
        function column_set(relid, j,   stop, k, m, list, held, i) {
            stop = ends[j]; m = 0
            for (j += 2; j < stop; j++) {
                k = tok[j] - 7
                # A column that was dropped since.
                if (k > 0 && relid in columns && !((relid, k) in column)) continue
                held = ((relid, k) in column) ? column[relid, k] : k ""
                for (i = m++; i >= 1 && list[i] > held; i--) list[i + 1] = list[i]
                list[i + 1] = held
            }
            printf "("
            for (i = 1; i <= m; i++) printf "%s ", list[i]
            printf ")"
        }
        function composite(type) {
            while (typtype[type] == "d") type = base[type]
            return relation[type] + 0 ? relation[type] : "-"
        }
        # The type of a node: its first field that tells one.
        function type_of(i,   stop, j) {
            stop = ends[i]
            if (tok[i + 1] == "TARGETENTRY") return type_of(field(i, "expr"))
            # A subquery that is a value: its first column.
            if (tok[i + 1] == "SUBLINK") return type_of(field(field(i, "subselect"), "targetList") + 1)
            for (j = i + 2; j < stop; j = after(j))
                if (tok[j] ~ /^:(vartype|funcresulttype|resulttype|consttype|row_typeid|paramtype|casetype|coalescetype|minmaxtype|aggtype|wintype|refrestype|opresulttype|typeId)$/) return tok[j + 1]
            return 0
        }
        function variable(i, number_,   at, entry, kind, j, k, m, held, relid, functions, stop) {
            at = depth - value(i, "varlevelsup")
            if (at < 1) { column_name(context, number_); return }
            if (!((at, value(i, "varno")) in entries)) { printf "%s", number_; return }
            entry = entries[at, value(i, "varno")]
            kind = value(entry, "rtekind")
            if (kind == 0) { column_name(value(entry, "relid"), number_); return }
            if (kind == 2) {
                # A column of a join is what it stands for: columns that tables have got since change its number.
                j = field(entry, "joinaliasvars"); stop = ends[j]
                held = depth; depth = at
                if (number_ == 0) emit(j)
                else {
                    for (j++; number_ > 1 && j < stop; number_--) j = skip(j)
                    if (j < stop) emit(j)
                }
                depth = held
                return
            }
            if (kind == 3) {
                functions = field(entry, "functions"); stop = ends[functions]
                for (j = functions + 1; j < stop && number_ > 0; j = skip(j)) {
                    m = value(j, "funccolcount")
                    if (number_ <= m) {
                        relid = composite(type_of(field(j, "funcexpr")))
                        printf "%d.", ++k
                        column_name(relid, number_)
                        return
                    }
                    number_ -= m; k++
                }
            }
            printf "%s", number_
        }
        function query(i,   j, k, stop, relid, target_, command) {
            depth++
            j = field(i, "rtable")
            if (j && tok[j] == "(") {
                stop = ends[j]
                k = 0
                for (j++; j < stop; j = skip(j)) entries[depth, ++k] = j
            }
            command = value(i, "commandType"); target_ = value(i, "resultRelation")
            target[depth] = (target_ > 0) ? value(entries[depth, target_], "relid") : 0
            printf "{QUERY"
            if (command == 2 || command == 3) {
                j = field(i, "targetList")
                fields(i, i + 2, j - 1)
                printf " :targetList "
                targets(j, target[depth])
                fields(i, skip(j), ends[i])
            } else fields(i, i + 2, ends[i])
            printf "}"
            while (k > 0) delete entries[depth, k--]
            depth--
        }
        function action(i,   j) {
            printf "{MERGEACTION"
            j = field(i, "targetList")
            fields(i, i + 2, j - 1)
            printf " :targetList "
            targets(j, target[depth])
            fields(i, skip(j), ends[i])
            printf "}"
        }
        # The targets of INSERT and UPDATE are columns of a table by number.
        function targets(j, relid,   stop, k) {
            if (tok[j] != "(") { emit(j); return }
            stop = ends[j]
            printf "("
            for (j++; j < stop; j = skip(j)) {
                k = field(j, "resno")
                if (tok[j + 1] != "TARGETENTRY" || value(j, "resjunk") == "true") { emit(j); continue }
                printf "{TARGETENTRY"
                fields(j, j + 2, k - 1)
                printf " :resno "
                column_name(relid, tok[k])
                fields(j, k + 1, ends[j])
                printf "}"
            }
            printf ")"
        }

        # AND in AND, OR in OR: one list.
        function boolean(i,   op) {
            op = value(i, "boolop")
            printf "{BOOLEXPR %s (", op
            arguments(field(i, "args"), op)
            printf ")}"
        }
        function arguments(j, op,   stop) {
            stop = ends[j]
            for (j++; j < stop; j = skip(j)) {
                if (op != "not" && tok[j] == "{" && tok[j + 1] == "BOOLEXPR" && value(j, "boolop") == op) arguments(field(j, "args"), op)
                else { emit(j); printf " " }
            }
        }

        # Casts of an array that is written out become casts of its elements. casts[first..last] are the nodes
        # of the casts, the outermost first.
        function cast_array(i,   first, last, j) {
            first = last = made + 1
            j = i
            while (tok[j + 1] == "RELABELTYPE" || tok[j + 1] == "ARRAYCOERCEEXPR") { casts[last++] = j; j = field(j, "arg") }
            if (tok[j + 1] != "ARRAYEXPR") return 0
            last--
            made = last
            array(j, first, last)
            made = first - 1
            return 1
        }
        function array(i, first, last,   type, many, j, stop) {
            many = value(i, "multidims") == "true"
            type = first ? value(casts[first], "resulttype") : value(i, "array_typeid")
            printf "{ARRAYEXPR :array_typeid %s", type_name(type)
            printf " :element_typeid %s :elements (", type_name(first ? element(type) : value(i, "element_typeid"))
            j = field(i, "elements")
            if (tok[j] == "(") {
                stop = ends[j]
                for (j++; j < stop; j = skip(j)) { cast(first, last, j, many); printf " " }
            }
            printf ")%s}", many ? " many" : ""
        }
        function type_name(type) { return (("t", type) in name) ? name["t", type] : type }
        function element(type) {
            while (typtype[type] == "d") type = base[type]
            return base[type]
        }
        # An element under the casts; where it is an array by itself, under casts of arrays.
        function cast(first, last, i, many,   j, type) {
            if (!first || first > last) { emit(i); return }
            if (many && tok[i + 1] == "ARRAYEXPR") { array(i, first, last); return }
            j = casts[first]
            if (tok[j + 1] == "RELABELTYPE") {
                type = value(j, "resulttype")
                printf "{RELABELTYPE :arg "
                cast(first + 1, last, i, many)
                printf " :resulttype %s :resulttypmod %s}", type_name(many ? type : element(type)), value(j, "resulttypmod")
            } else if (many) {
                printf "{ARRAYCOERCEEXPR :arg "
                cast(first + 1, last, i, many)
                fields(j, after(j + 2), ends[j])
                printf "}"
            } else {
                case_first[++cases] = first + 1; case_last[cases] = last; case_element[cases] = i
                emit(field(j, "elemexpr"))
                cases--
            }
        }
        function case_value(   held) {
            held = cases--
            cast(case_first[held], case_last[held], case_element[held], 0)
            cases = held
        }

        # The value of a constant is bytes; where they hold the number of an object, its name.
        function constant(i,   j, type, class) {
            j = field(i, "constvalue")
            printf "{CONST"
            fields(i, i + 2, j - 1)
            if (tok[j] != "<>") {
                printf " :constvalue "
                type = value(i, "consttype")
                while (typtype[type] == "d") type = base[type]
                class = typtype[type]
                if (holds(type)) printf "%s", by_name(type, j + 2)
                else if (class == "a" && array_value(type, j)) { }
                else if (class == "c" || type == 2249) printf "of a row"
                else if ((class == "r" || class == "m") && numbered(base[type])) printf "of a range"
                else if ((class == "r" || class == "m") && type >= 10000) { printf "%s", tok[j]; bytes(j + 10, skip(j)) }
                else emit(j)
            }
            fields(i, skip(j), ends[i])
            printf "}"
        }
        function bytes(from, to) { for (; from < to; from++) printf " %s", tok[from] }
        function oid(j,   k, sum) {
            for (k = 3; k >= 0; k--) sum = sum * 256 + (tok[j + k] < 0 ? tok[j + k] + 256 : tok[j + k])
            return sum ""
        }
        # Whether a value of the type is the number of an object; or holds one somewhere.
        function holds(type) { return typtype[type] == "e" || type in named }
        function numbered(type) {
            while (typtype[type] == "d") type = base[type]
            return holds(type) || typtype[type] == "c" || typtype[type] ~ /^[arm]$/ && (base[type] >= 10000 || numbered(base[type]))
        }
        function by_name(type, j,   kind, id) {
            kind = typtype[type] == "e" ? "e" : named[type]; id = oid(j)
            return ((kind, id) in name) ? name[kind, id] : id
        }
        # An array holds the number of its type of elements. length, dimensions, where data begin if there are
        # nulls, the type, then sizes and lower bounds.
        function array_value(type, j,   of, dims, data, k, stop) {
            of = base[type]
            while (typtype[of] == "d") of = base[of]
            if (base[type] < 10000 && !holds(of) && !numbered(of)) return 0
            dims = oid(j + 2 + 4); data = oid(j + 2 + 8); stop = skip(j) - 1
            if (data + 0 == 0) data = 16 + 8 * dims
            if (typtype[of] == "c" || !holds(of) && numbered(of)) { printf "of rows"; return 1 }
            printf "%s %s %s", tok[j], dims, type_name(oid(j + 2 + 12))
            bytes(j + 2 + 16, holds(of) ? j + 2 + data : stop)
            if (holds(of)) for (k = j + 2 + data; k + 3 < stop; k += 4) printf " %s", by_name(of, k)
            return 1
        }
    ' | LC_ALL=C sort
}

compare_definitions() {
    local side
    for side in "$1" "$2"; do
        [[ -r $side ]] || return 2
        LC_ALL=C awk -F '\t' '
            { last = $1; lines = $4 }
            END { exit last == "~end" && lines + 1 == NR ? 0 : 2 }
        ' "$side" || return 2
    done
    [[ $(tail -n 1 "$1" | cut -f 2,3) == "$(tail -n 1 "$2" | cut -f 2,3)" ]] || return 2
    # Lines of one side alone, and which side.
    { LC_ALL=C comm -23 "$1" "$2" | sed 's/^/-\t/' && LC_ALL=C comm -13 "$1" "$2" | sed 's/^/+\t/'; } |
        LC_ALL=C sort -t $'\t' -k 2,4 | LC_ALL=C awk -F '\t' '
        function json(text) {
            # COPY has escaped what cannot stand in a line, as JSON does, but for \v.
            gsub(/\\\\/, SUBSEP, text)
            gsub(/\\v/, "?", text)
            gsub(SUBSEP, "\\\\\\\\", text)
            gsub(/"/, "\\\"", text)
            gsub(/[\001-\037]/, "?", text)
            return "\"" text "\""
        }
        function say(kind, name, field, result) {
            print "event=definition kind=" kind " name=" json(name) " field=" field " result=" result
            if (result != "not-carried") differs = 1
        }
        function same_version(name) {
            sub(/.* of extension /, "", name)
            return !(name in other)
        }
        # Whether what the script of an extension made is expected as an object of the database.
        function taken_out(name,   type) {
            type = name
            sub(/ .*/, "", type)
            sub(/ of extension [^ ]*$/, "", name)
            sub(/^[a-z]+ /, "", name)
            return is[(type == "aggregate" || type == "procedure" ? "function" : type) "\t" name] == "-"
        }
        $2 == "~end" { next }
        {
            object = $2 "\t" $3; at = object "\t" $4
            if (!(at in seen)) { seen[at] = 1; n++; kinds[n] = $2; names[n] = $3; fields[n] = $4 }
            if ($4 == "is") { is[object] = is[object] $1; of[object] = $5 }
            if ($4 == "not-carried" && $1 == "-") warned[object] = 1
            if ($4 == "indisvalid" && $1 == "+") completed[object] = 1
            if ($2 == "member" && $4 == "version") other[$3] = 1
        }
        END {
            for (i = 1; i <= n; i++) {
                object = kinds[i] "\t" names[i]; at = object "\t" fields[i]; one = is[object]
                if (one == "-" || one == "+") {
                    # Of a missing table nothing else need be said.
                    parent = of[object]
                    gone = 0
                    for (k = 1; k <= 5; k++) if (is[parents[k] "\t" parent] == one) gone = 1
                    if (fields[i] != "is" || gone) continue
                    result = one == "+" ? "unexpected" : object in warned ? "not-carried" : "missing"
                    if (kinds[i] != "member") say(kinds[i], names[i], "*", result)
                    else if (same_version(names[i])) say("member", names[i], "*", one == "+" && !taken_out(names[i]) ? "not-carried" : result)
                } else if (kinds[i] == "member") {
                    if (fields[i] == "function" && same_version(names[i])) say("member", names[i], fields[i], "not-carried")
                } else if (kinds[i] == "schema" && fields[i] == "rights") {
                    # structure.sh holds them against what the texts of the dumps say.
                } else if (fields[i] ~ /-inherited$/ || fields[i] == "reltablespace" || fields[i] == "triggers-enabled" || fields[i] == "conislocal" || fields[i] == "indisvalid" && object in completed) {
                    say(kinds[i], names[i], fields[i], "not-carried")
                } else say(kinds[i], names[i], fields[i], "differs")
            }
            exit differs + 0
        }
        BEGIN { split("table view matview foreign-table composite domain", parents, " "); }
    '
}
