#!/usr/bin/env bash
# The first login at a server: waits for it, and decides what its answer means. It is sourced, never
# run, after session.sh.
#
# A proxy that stands before a managed server answers in its place, and gives nearly everything that it
# says one SQLSTATE (XX000), so its sentences are all there is to go by. What is written as ERROR or
# FATAL is an answer whoever gives it, and no fault of the network. One that is not known is asked again.
#
# ## Functions
#
# - `wait_for_server PATIENCE ADVICE`: returns once PGUSER can log in; ends the script where it never will
# - `meaning_of TEXT`: what such an answer means, in one word
#
# ## Log lines
#
# - `event=wait result=no-answer|starting|busy|refused seconds= detail=`: `starting` is also what sleeps,
#   `busy` a limit that others use up, `refused` an answer that may not last
# - `event=server result=ready version=`
set -Eeuo pipefail

# What to do where no bootstrap sets passwords.
readonly managed_password="its password is the key neon of the Secret: put the one that is in force there, or reset it in Neon's console and put the new one there. Neon says the same of an endpoint that was deleted, with its branch or project: look in the console whether ${PGHOST-} is still there; if not, its successor's direct host belongs into neon.host in the spec"
# Seconds between two logins at a managed server, at most: each may start its compute, and counts there.
readonly longest_pause=30

# wait_for_server PATIENCE ADVICE: until PGUSER can log in at home. A server that refuses it is asked
# again for PATIENCE seconds, because bootstrap may be about to let it in, or a change at the server to
# take effect; then the script ends with 3 and ADVICE. Leaves the server's version in server_version.
wait_for_server() {
    local said=-30 refused='' between=1 result hint advice
    doing="waiting for the server at $PGHOST"
    [[ $PGHOST != *-pooler.* ]] || through_pooler 'its name says so'
    until sql "$home" <<<"select current_setting('search_path'), current_setting('server_version')"; do
        understand "$2"
        if [[ -n $advice ]]; then
            refused=${refused:-$SECONDS}
            ((SECONDS - refused < $1)) || end 3 "$advice"
        fi
        doing="waiting for the server at $PGHOST ($result: $REPLY)$hint"
        if ((SECONDS - said >= 30)); then
            said=$SECONDS
            quote "$REPLY$hint"
            log "event=wait result=$result seconds=$SECONDS detail=$REPLY"
        fi
        pause "$between"
        [[ -n $bootstrap ]] || between=$((between * 2 < longest_pause ? between * 2 : longest_pause))
    done
    server_version=$(<"$work/rows")
    [[ $server_version == 'pg_catalog|'* ]] || through_pooler 'it passes over the options of a session'
    server_version=${server_version#*|}
    log "event=server result=ready version=${server_version%% *}"
    pin_for "$server_version"
    [[ -n $bootstrap ]] || keep_awake
    without_event_triggers
}

# without_event_triggers: what an owner's trigger on login does would be done by a superuser of ours. Our other
# roles have it as a setting of theirs, and may not set it.
without_event_triggers() {
    [[ $PGUSER != postgres || ${server_version%%[!0-9]*} -lt 17 ]] || PGOPTIONS+=$no_event_triggers
}

# understand ADVICE: what the last login was answered, in REPLY; what it means for who waits, in result
# and hint; and in advice the sentence to end with if it stays so, empty where it is worth to wait.
understand() {
    local answer
    reason
    result=refused hint='' advice=''
    # Of several addresses one may answer and another not be there.
    if ! answer=$(grep -m 1 -o -E '(ERROR|FATAL|PANIC): .*' "$work/errors"); then
        no_answer "$1"
        return 0
    fi
    [[ ! $answer =~ ^[A-Z]+:\ +(([0-9A-Z]{5}):\ )?(.*) ]] || REPLY=${BASH_REMATCH[3]}
    case $(meaning_of "$REPLY") in
        shut) end 3 "the server's pg_hba.conf lets no one in from here: $REPLY" ;;
        pooler) through_pooler "$REPLY" ;;
        unknown-endpoint) advice="at $PGHOST no endpoint of this name is known ($REPLY): was it, its branch or its project deleted? Its direct host belongs into neon.host in the spec" ;;
        disabled) advice="the endpoint at $PGHOST is switched off ($REPLY): see Neon's console, then back up or restore again" ;;
        network) advice="Neon lets no one in from the address of this cluster ($REPLY): in Neon's console, in the project's settings under network security, add the address by which this cluster's nodes go out (IP Allow), or end the block; then back up or restore again" ;;
        database)
            advice="the server has no such database ($REPLY): make it, or correct its name in the spec"
            if [[ -n $bootstrap ]]; then
                advice=$REPLY
                job_line "$bootstrap"
                advice="bootstrap has not made its own database yet ($advice): run it ($REPLY), then this again"
            fi
            ;;
        role) advice="the server refuses role $PGUSER ($REPLY): $1" ;;
        starting) result=starting ;;
        busy) result=busy ;;
        limit)
            result=busy
            hint="; this is a limit of Neon's, see the project in Neon's console (its plan, other computes and connections): it is asked again, more and more seldom, until there is room"
            ;;
        *) hint="; so answers the server, or a proxy before it: it is asked again until the deadline" ;;
    esac
}

# no_answer ADVICE: the same for what is no answer of a server.
no_answer() {
    local why
    case $REPLY in
        # A server that had no TLS yet is about to be replaced by one that has.
        *'server does not support SSL'*)
            [[ -n $bootstrap ]] || no_proof "neon.ca in the spec" neon.host
            result=starting
            hint="; if it stays so, the server's pod is older than the spec: was it applied, and did it restart?"
            ;;
        *'certificate verify failed'* | *'does not match host name'* | *'root certificate file'* | \
            *'could not get server'*' certificate'*)
            [[ -z $bootstrap ]] || no_proof "ca.crt of the certificate's Secret, or access.tls.ca in the spec; after a change of authority run ${bootstrap%bootstrap}reload first" "a name in the certificate"
            no_proof "neon.ca in the spec" neon.host
            ;;
        *'could not find digest for NID'*)
            end 3 "the certificate at $PGHOST is signed with Ed25519 or Ed448, which PostgreSQL cannot bind a login to ($REPLY): let an authority with a key of ECDSA or RSA sign it, then restart the server"
            ;;
        *'authentication method requirement'*)
            why=$REPLY
            kubectl_line 'get endpointslices -o wide'
            end 3 "what answers at $PGHOST asks for the password in another way than the server does ($why), and was not told it: look who has the address ($REPLY), or whether pg_hba.conf was changed"
            ;;
        *'no password supplied'*) advice="the server refuses role $PGUSER ($REPLY): $1" ;;
        *)
            result=no-answer
            hint="; if the server is up, then a NetworkPolicy, a firewall or DNS is in the way"
            ;;
    esac
}

# meaning_of TEXT: of what a server says, or a proxy in its place, as it refuses a session. Neon writes
# the same with and without capitals, alone and after "Control plane request failed".
meaning_of() {
    case ${1,,} in
        *'no pg_hba.conf entry'*) echo shut ;;
        *'unsupported startup parameter'*) echo pooler ;;
        *'is not allowed to connect to this endpoint'* | *'blocked network'* | *'vpc endpoint id is not specified'*) echo network ;;
        *'endpoint id is not specified'* | *'endpoint could not be found'* | *'endpoint cannot be found'* | *'endpoint not found'* | \
            *'project not found'* | *'branch not found'* | *'inconsistent project name'* | *'must contain only alphanumeric characters and hyphen'*) echo unknown-endpoint ;;
        *'endpoint has been disabled'* | *'endpoint is disabled'* | *'exceeded the '*quota*) echo disabled ;;
        *'too many connections to this endpoint'* | *'too many connections attempts'* | *'exceeded the limit of concurrently active endpoints'* | \
            *'endpoint is temporarily unavailable'* | *'exceeded the rate limit'* | *'rate limit exceeded'* | *'failed to acquire permit'*) echo limit ;;
        *'too many clients'* | *'too many connections'* | *'connection slots'*) echo busy ;;
        *'database '*' does not exist'*) echo database ;;
        *'password authentication failed'* | *'permission denied for database'* | *'is not permitted to log in'* | *'role '*' does not exist'*) echo role ;;
        *'starting up'* | *'shutting down'* | *'recovery'* | *'not yet accepting'* | *"couldn't connect to compute node"* | \
            *'control plane request failed'* | *'terminating connection'*) echo starting ;;
        *) echo unknown ;;
    esac
}

# no_proof AUTHORITIES NAME: where each of them is set.
no_proof() {
    end 3 "what answers at $PGHOST could not prove that it is that server ($REPLY), and was told nothing: it may be another one; or the certificates in ${PGSSLROOTCERT:-PGSSLROOTCERT} are not those of its authority ($1), or the name is not the server's ($2)"
}

# through_pooler WHY: a pooler gives each transaction another session, and with it no lock and no snapshot.
through_pooler() {
    end 3 "at $PGHOST is a connection pooler ($1), through which no lock and no snapshot can be held: give the server's own address (neon.host in the spec, without -pooler)"
}
