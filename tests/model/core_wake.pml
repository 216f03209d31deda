/*
 * A domain that sleeps in its kernel until another core wakes it (kernel/dispatch/wake.c). The other core stores a message and
 * sends an interrupt, which stays pending until it is taken; several that come before that are one. The interrupt is news for the domain:
 * it counts `delivered` up and ends a wait. The kernel lets the domain wait only if all news have been consumed.
 *
 * Checked: every message is found; a lost wake would leave the domain waiting at the end, which Spin reports.
 *
 * Each statement is one step of the domain, between any two of which the interrupt may be taken; the kernel runs whole. SHORTCUT
 * breaks the protocol on purpose, so that the check is seen to fail:
 * 1 consumes what has been delivered after the look instead of before it, 2 wakes before the message is stored,
 * 3 waits without comparing.
 */
#ifndef SHORTCUT
#define SHORTCUT 0
#endif

#define MESSAGES 4
#define WAKERS   2

byte message[WAKERS]; /* how many each has stored */
byte found[WAKERS];
bool pending;
byte delivered, consumed;
bool waits;

proctype waker(byte me) {
    byte sent;
    do
    :: sent < MESSAGES ->
#if SHORTCUT == 2
        pending = true;
        message[me] = sent + 1;
#else
        message[me] = sent + 1;
        pending = true;
#endif
        sent++
    :: else -> break
    od
}

/* Taken at any time: while the domain runs, and while its core idles. */
active proctype interrupt() {
end:
    do
    :: atomic { pending -> pending = false; delivered++; waits = false }
    od
}

active proctype domain() {
    byte seen;
    atomic { run waker(0); run waker(1) }
    do
    :: found[0] == MESSAGES && found[1] == MESSAGES -> break
    :: else ->
        seen = delivered;
        found[0] = message[0];
        found[1] = message[1];
        if
        :: found[0] == MESSAGES && found[1] == MESSAGES -> break
        :: else
        fi;
#if SHORTCUT == 1
        seen = delivered;
#endif
        consumed = seen;
        atomic {                        /* the system call */
            if
#if SHORTCUT == 3
            :: true -> waits = true
#else
            :: delivered == consumed -> waits = true
            :: else
#endif
            fi
        };
        !waits
    od
}
