-- Puts the working database aside, closed, in one transaction.
--
-- Run in the database postgres by the role that restores, with search_path = pg_catalog, under the lock
-- of restores. A rename waits for 5 s until no session is in the database: restore-end.sql sees to that. It
-- fails if one stays; then nothing is changed.
--
-- ## Environment
--
-- - `WORKING`: its name; `ASIDE`: the one that it gets, which may be the same
-- - `MARK`: a file: its comment, the mark in the first line and then what differs
--
-- ## Log lines
--
-- none
\getenv working WORKING
\getenv aside ASIDE
\set text `cat -- "$MARK"`
begin;
set local idle_in_transaction_session_timeout = '10s';
set local lock_timeout = '10s';
select format(:'rename', :'working', :'aside')
where :'working' <> :'aside'
\gexec
select format(:'let_in', :'aside', 'false'), format(:'set_mark', :'aside', :'text')
\gexec
commit;
