#!/bin/sh
# Starts PgBouncer with TLS, and has it read its certificates again when they were renewed: the
# pooler's command. PgBouncer becomes PID 1, and beside it stays a loop that looks at the mounted files
# and sends it SIGHUP, which disconnects no one. For any POSIX shell: the image has no bash.
#
# The certificate and its key are two files: read in the moment in which both are exchanged, they do not
# fit, and PgBouncer keeps what it has. So it is told twice, a round apart.
#
# ## Environment
#
# None. Its argument is PgBouncer's configuration.
#
# Files: `/tls`, the certificate and its key; `/ca`, the authorities of the server's.
#
# ## Exit codes
#
# - PgBouncer's own
#
# ## Log lines
#
# - `event=certificate result=changed`: PgBouncer reads the files again
set -eu

sum() {
    cat /tls/* /ca/* 2>/dev/null | sha256sum
}

follow() {
    again=no
    while sleep 5; do
        now=$(sum)
        if [ "$now" != "$last" ]; then
            echo 'event=certificate result=changed'
            kill -HUP 1 || true
            again=yes
        elif [ "$again" = yes ]; then
            kill -HUP 1 || true
            again=no
        fi
        last=$now
    done
}

# Before PgBouncer reads them: what changes after this is seen.
last=$(sum)
follow &
exec /usr/bin/pgbouncer "$1"
