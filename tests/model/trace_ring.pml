/*
 * The trace ring of one core (trace/ring.h): a domain writes and can be interrupted between any two instructions; the kernel
 * interrupts it, writes, and drains, without being interrupted itself. An exception clears the exclusive monitor.
 *
 * Checked: a record is never overwritten before it was taken, never taken before it is complete, times never go back from one
 * record to the next, and every event is either taken or counted as dropped.
 *
 * Each statement is one instruction of the writer. SHORTCUT breaks the protocol on purpose, so that the check is seen to fail:
 * 1 reads the clock before the load-exclusive, 2 counts drops by plain load and store.
 */
#ifndef SHORTCUT
#define SHORTCUT 0
#endif

#define RECORDS       2
#define DOMAIN_EVENTS 3
#define KERNEL_EVENTS 3

byte head, limit = RECORDS, dropped;
byte when[RECORDS];  /* 0: not filled */
byte clock = 1;
bool monitor;

byte taken, last_taken;
byte emitted;        /* events that their writer is done with */
byte in_kernel_events;
bool domain_done;

inline kernel_emit() {
    if
    :: head >= limit -> dropped++
    :: else ->
        assert(when[head % RECORDS] == 0);
        when[head % RECORDS] = clock;
        head++
    fi;
    emitted++;
    in_kernel_events++
}

inline kernel_drain() {
    do
    :: taken < head && when[taken % RECORDS] != 0 ->
        assert(when[taken % RECORDS] >= last_taken);
        last_taken = when[taken % RECORDS];
        when[taken % RECORDS] = 0;
        taken++
    :: else -> break
    od;
    limit = taken + RECORDS
}

/* Interrupts come at any time; each handler runs whole. */
active proctype kernel() {
    do
    :: in_kernel_events < KERNEL_EVENTS -> atomic { monitor = false; clock++; kernel_emit() }
    :: in_kernel_events < KERNEL_EVENTS -> atomic { monitor = false; clock++; kernel_emit(); kernel_drain() }
    :: domain_done -> break
    od;
    atomic {
        kernel_drain();
        assert(taken == head);
        assert(taken + dropped == emitted)
    }
}

active proctype domain() {
    byte events, l, h, t, old;
    bool exclusive;
    do
    :: events < DOMAIN_EVENTS ->
retry:
        l = limit;
#if SHORTCUT == 1
        t = clock;
#endif
        atomic { h = head; monitor = true };            /* ldxr */
        if
        :: h >= l ->
#if SHORTCUT == 2
            old = dropped;
            atomic { dropped = old + 1; emitted++ };
#else
again:
            atomic { old = dropped; monitor = true };   /* ldxr */
            atomic {                                    /* stxr */
                exclusive = monitor;
                if
                :: exclusive -> dropped = old + 1; emitted++
                :: else
                fi
            };
            if
            :: !exclusive -> goto again
            :: else
            fi;
#endif
        :: else ->
#if SHORTCUT != 1
            t = clock;                                  /* mrs */
#endif
            atomic {                                    /* stxr */
                exclusive = monitor;
                if
                :: exclusive -> head = h + 1
                :: else
                fi
            };
            if
            :: !exclusive -> goto retry
            :: else
            fi;
            atomic {                                    /* stp */
                assert(when[h % RECORDS] == 0);
                when[h % RECORDS] = t;
                clock++;
                emitted++
            }
        fi;
        events++
    :: else -> break
    od;
    domain_done = true
}
