/*
 * Looking a service up and connecting to it, while the process server spawns and the service itself looks others up (services/names,
 * services/init, services/proc, lib/names): document A, 8.2 and figure 8.3, where this could end in everybody waiting for each other.
 *
 * What a server may do while it serves is what is modelled. The name server answers from its table. The monitor sends a client's
 * request on to the service and answers when that has; meanwhile it serves. The process server asks the monitor when it spawns, and
 * serves meanwhile. Two services look each other up, and one of them the process server; they serve meanwhile, too. Rings hold as many
 * messages as there may come.
 *
 * Checked: no state in which nobody can go on, and everybody gets all answers.
 *
 * SHORTCUT breaks the protocol on purpose, so that the check is seen to fail:
 * 1 lets the name server ask the service before it answers, as that of document A does, and services wait without serving,
 * 2 lets the monitor wait for a service's answer, and the process server for the monitor, both without serving,
 * 3 lets services wait without serving.
 */
#ifndef SHORTCUT
#define SHORTCUT 0
#endif

/* Who. */
#define CLIENT_LOOKS  0  /* looks the service up, and connects to it */
#define CLIENT_SPAWNS 1  /* connects to the process server, and spawns */
#define SERVICE       2  /* connects to the process server */
#define PROC          3
#define NAMES         4
#define MONITOR       5
#define OTHER_SERVICE 6

mtype = { LOOKUP, FOUND, BIND, CONNECT, CONNECTED, BOUND, SPAWN, ADOPT, ADOPTED, SPAWNED };

/* One mailbox for requests to each server, and one for replies to each who asks. Messages: what, who asks, which service. */
chan to[7] = [6] of { mtype, byte, byte };
chan reply[7] = [1] of { mtype };

inline handle_connect(asker) { to[MONITOR]!CONNECTED(asker, 0) }

/* The name server. */
active proctype names() {
    byte asker, service;
end:
    do
    :: to[NAMES]?LOOKUP(asker, service) ->
       if
       :: SHORTCUT == 1 -> to[service]!CONNECT(NAMES, 0); reply[NAMES]?BOUND
       :: else
       fi;
       reply[asker]!FOUND
    od
}

/* The monitor. */
active proctype monitor() {
    byte asker, service, other;
end:
    do
    :: to[MONITOR]?BIND(asker, service) ->
       to[service]!CONNECT(asker, 0);
       if
       :: SHORTCUT == 2 -> to[MONITOR]??CONNECTED(other, _); reply[other]!BOUND
       :: else
       fi
    :: to[MONITOR]?CONNECTED(asker, _) -> reply[asker]!BOUND
    :: to[MONITOR]?ADOPT(asker, _) -> reply[asker]!ADOPTED
    od
}

/* Waits for a reply; a domain that serves takes connections meanwhile, in another thread. */
inline await(me, what, serves) {
    do
    :: reply[me]?what -> break
    :: serves && to[me]??[CONNECT(asker, 0)] -> to[me]??CONNECT(asker, 0); handle_connect(asker)
    od
}

/* The process server: a call of SPAWN needs the monitor. */
active proctype proc() {
    byte asker;
end:
    do
    :: to[PROC]?CONNECT(asker, _) -> handle_connect(asker)
    :: to[PROC]?SPAWN(asker, _) ->
       byte spawner = asker;
       to[MONITOR]!ADOPT(PROC, 0);
       await(PROC, ADOPTED, SHORTCUT != 2);
       reply[spawner]!SPAWNED
    od
}

/* Looks a service up, and connects to it. */
inline connect(me, service) {
    to[NAMES]!LOOKUP(me, service);
    await(me, FOUND, SHORTCUT != 1 && SHORTCUT != 3);
    to[MONITOR]!BIND(me, service);
    await(me, BOUND, SHORTCUT != 1 && SHORTCUT != 3)
}

/* A service that looks the other one up, and the process server, and spawns. */
active proctype service() {
    byte asker;
    connect(SERVICE, OTHER_SERVICE);
    connect(SERVICE, PROC);
    to[PROC]!SPAWN(SERVICE, 0);
    await(SERVICE, SPAWNED, SHORTCUT != 1 && SHORTCUT != 3);
end:
    do
    :: to[SERVICE]?CONNECT(asker, _) -> handle_connect(asker)
    od
}

active proctype other_service() {
    byte asker;
    connect(OTHER_SERVICE, SERVICE);
end:
    do
    :: to[OTHER_SERVICE]?CONNECT(asker, _) -> handle_connect(asker)
    od
}

active proctype client_looks() {
    to[NAMES]!LOOKUP(CLIENT_LOOKS, SERVICE);
    reply[CLIENT_LOOKS]?FOUND;
    to[MONITOR]!BIND(CLIENT_LOOKS, SERVICE);
    reply[CLIENT_LOOKS]?BOUND
}

active proctype client_spawns() {
    to[NAMES]!LOOKUP(CLIENT_SPAWNS, PROC);
    reply[CLIENT_SPAWNS]?FOUND;
    to[MONITOR]!BIND(CLIENT_SPAWNS, PROC);
    reply[CLIENT_SPAWNS]?BOUND;
    to[PROC]!SPAWN(CLIENT_SPAWNS, 0);
    reply[CLIENT_SPAWNS]?SPAWNED
}
