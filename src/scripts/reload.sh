#!/usr/bin/env bash
# Lets the server read a renewed certificate, and fails while what is served is near its end.
#
# It logs in as a role that can reload the server and nothing else; that is done each time, and costs
# nothing. The role must not depend on the certificate that it is to replace: it asks for TLS whose
# channel is bound to the login (SCRAM-SHA-256-PLUS), so that only a server that knows its password can
# answer, whatever authority signed. Then what is served is held against what the Secret holds, and
# against the authorities that clients trust. Poolers read their files by themselves; here it is seen
# whether one of them did.
#
# ## Environment
#
# - `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`, `PGCONNECT_TIMEOUT`: the server; no host: there is none
# - `POOLER`: the poolers' host; empty: there are none
# - `AUTHORITIES`: the file with the certificates of the authorities that clients trust
# - `CERTIFICATE_NAME`: the Secret of the certificate, for advice
# - `NEAR_DAYS`: so near its end, or in the last sixth of its life, a certificate should have been renewed
# - `DEADLINE_SECONDS`: after so long it gives up, and its log stays
# - `SERVER_POD`: the StatefulSet's name, for advice
#
# Files: `/tls/tls.crt`, the certificate as the Secret holds it; `/secrets/reload`, the password.
#
# ## Exit codes
#
# - 0: the Secret's certificate is served, is trusted, and is not near its end
# - 1: it is not; the last line says what to do
# - 3: a retry will not help: something must be changed first; the last line says what
# - 143: the pod was stopped
#
# ## Log lines
#
# - those of `session.sh` and `login.sh` until it has logged in
# - `event=certificate host= result=current|older|unreadable`: whether it is the Secret's;
#   `unreadable`: the server takes only TLS 1.3, which does not show it to anybody else
# - `event=certificate result=valid ends= days=`
# - `event=reload result=done|stopped seconds=`
set -Eeuo pipefail
readonly scripts=${BASH_SOURCE[0]%/*}
action=reload
source "$scripts/lib.sh"
source "$scripts/run.sh"
source "$scripts/session.sh"
source "$scripts/login.sh"

readonly certificate=/tls/tls.crt password_file=/secrets/reload
# kubelet brings a changed Secret into a running pod within about 90 s.
readonly secret_patience=180

# ── Certificates ──────────────────────────────────────────────────────────────────────────────────

# read_certificate: leaves the Secret's in `given`, DER in hex: the first of the file, its own.
read_certificate() {
    given=$(sed -n '/-----BEGIN CERTIFICATE-----/,/-----END CERTIFICATE-----/{/-----/!p;/-----END/q;}' "$certificate" |
        tr -d '\r' | base64 -d 2>/dev/null | od -An -v -tx1 | tr -d ' \n') || given=
    [[ $given == 30* ]] || end 3 "key tls.crt of Secret $CERTIFICATE_NAME holds no certificate in PEM: put one there"
}

# read_validity: of `given`, leaves both ends of its life in `begins` and `ends`, as seconds.
read_validity() {
    local time='17 0d ((3[0-9]){12})5a|18 0f ((3[0-9]){14})5a'
    time=${time// /}
    [[ $given =~ 30(1e|20|22)($time)($time) ]] ||
        end 3 "the certificate of Secret $CERTIFICATE_NAME has no validity that can be read: put another one there"
    local first=${BASH_REMATCH[3]}${BASH_REMATCH[5]} last=${BASH_REMATCH[8]}${BASH_REMATCH[10]}
    seconds "$first"
    begins=$REPLY
    seconds "$last"
    ends=$REPLY
}

# seconds HEX: of the digits YYMMDDhhmmss or YYYYMMDDhhmmss, each as 3D.
seconds() {
    local digits='' hex=$1
    while [[ -n $hex ]]; do
        digits+=${hex:1:1}
        hex=${hex:2}
    done
    if ((${#digits} == 12)); then
        if ((10#${digits:0:2} < 50)); then digits=20$digits; else digits=19$digits; fi
    fi
    REPLY=$(date -u -d "${digits:0:4}-${digits:4:2}-${digits:6:2} ${digits:8:2}:${digits:10:2}:${digits:12:2}" +%s)
}

# look HOST: whether it serves the Secret's certificate: LOOK becomes current, older or unreadable.
look() {
    local rc=0
    await timeout 30 "$scripts/certificate.sh" "$1" "$PGPORT" >"$work/served" 2>"$work/why" || rc=$?
    case $rc in
        0)
            LOOK=older
            [[ $(<"$work/served") != "$given" ]] || LOOK=current
            ;;
        3) LOOK=unreadable ;;
        *)
            REPLY=$(tail -n 1 "$work/why")
            end 1 "the certificate that $1 serves could not be looked at (${REPLY:-no answer}): a retry may help"
            ;;
    esac
}

# ── The steps ─────────────────────────────────────────────────────────────────────────────────────

# reload: tells the server, and waits until new sessions come from what it has read.
reload() {
    local before waited=0
    sql postgres <<<'select pg_conf_load_time()' || reload_failed
    before=$(<"$work/rows")
    sql postgres <<<'select pg_reload_conf()' || reload_failed
    until sql postgres <<<'select pg_conf_load_time()' && [[ $(<"$work/rows") != "$before" ]]; do
        kubectl_line "logs $SERVER_POD-0"
        ((waited < 30)) || end 1 "the server did not read its files again within 30 s: its log says why ($REPLY)"
        pause 1
        waited=$((waited + 1))
    done
}

reload_failed() {
    reason
    end 1 "the server could not be told to reload: $REPLY; if the right is missing, run bootstrap again"
}

# follow HOST [COMMAND]: until the host serves the Secret's certificate.
follow() {
    local host=$1 since=$SECONDS said=''
    doing="waiting until $host serves the certificate of Secret $CERTIFICATE_NAME"
    while true; do
        (($# < 2)) || "$2"
        look "$host"
        if [[ $LOOK != "$said" ]]; then
            said=$LOOK
            log "event=certificate host=$host result=$LOOK"
        fi
        [[ $LOOK == older ]] || return 0
        ((SECONDS - since < secret_patience)) ||
            end 1 "$host does not serve the certificate of Secret $CERTIFICATE_NAME after $secret_patience s: its log says why; do tls.crt and tls.key of the Secret belong together?"
        pause 5
    done
}

# verify HOST: whether a client that looks at everything would trust it. Who logs in does not matter:
# the certificate comes first.
verify() {
    local said
    doing="verifying $1"
    said=$(PGHOST=$1 PGSSLMODE=verify-full PGSSLROOTCERT=$AUTHORITIES PGCHANNELBINDING=prefer PGPASSWORD=$password \
        psql -X -w -q -A -t -c 'select' 2>&1) && return 0
    case $said in
        *'certificate verify failed'* | *'does not match host name'* | *'root certificate file'* | *'could not get server'*' certificate'*)
            said=${said//$'\n'/ }
            end 1 "clients that verify $1 refuse it ($said): the certificate of Secret $CERTIFICATE_NAME must name $1, and its authority stand in ca.crt of the Secret, or in what access.tls.ca names"
            ;;
    esac
}

# judge: whether the certificate should have been renewed by now.
judge() {
    local now left near day
    now=$(date +%s)
    left=$((ends - now)) near=$(((ends - begins) / 6))
    ((near < NEAR_DAYS * 86400)) || near=$((NEAR_DAYS * 86400))
    day=$(date -u -d "@$ends" +%Y-%m-%dT%H:%M:%SZ)
    log "event=certificate result=valid ends=$day days=$((left / 86400))"
    kubectl_line "describe certificate $CERTIFICATE_NAME"
    ((left > near)) ||
        end 1 "the certificate of Secret $CERTIFICATE_NAME is near its end ($day, in $((left / 3600)) hours) and was not renewed: see what renews it ($REPLY, if cert-manager does), or put a newer one into the Secret"
}

main() {
    begin
    doing='reading the certificate'
    read_certificate
    read_validity
    if [[ -n $PGHOST ]]; then
        read_password "$password_file" || end 3 "$REPLY; then run bootstrap"
        password=$PASSWORD
        export PGSSLMODE=require PGCHANNELBINDING=require
        wait_for_server 60 "its password is the key reload of the Secret: run bootstrap, which makes the role and sets its password"
        follow "$PGHOST" reload
        verify "$PGHOST"
    fi
    if [[ -n $POOLER ]]; then
        follow "$POOLER"
        verify "$POOLER"
    fi
    judge
    log "event=reload result=done seconds=$SECONDS"
}

if [[ -z ${SUPERVISED-} ]]; then
    supervise
fi
main
