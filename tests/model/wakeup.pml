/*
 * A wake-up that a dispatcher asked for (kernel/dispatch/wakeup.c): it may come at any time, also while the dispatcher is disabled, or
 * disabled and preempted; then it cannot be an upcall, and the kernel does not see when the dispatcher is enabled again.
 *
 * Checked: the run upcall comes, however the dispatcher's sections, its sleep, preemption and the timer fall together, and it never
 * comes while the dispatcher is disabled.
 *
 * SHORTCUT breaks the protocol on purpose, so that the check is seen to fail:
 * 1 forgets a wake-up that finds its dispatcher disabled, 2 forgets that it was noted when the dispatcher runs again.
 */
#ifndef SHORTCUT
#define SHORTCUT 0
#endif

#define SECTIONS    3
#define PREEMPTIONS 3

mtype = { ENABLED, DISABLED, WAITS };

mtype mode = ENABLED;
bool current = true;
bool asked, retry, notified;    /* wake_at, retry_at and notified of the DCB */
bool upcall;                    /* goes on by its run upcall */
bool over;

inline notify() {
    if
    :: mode != DISABLED -> upcall = true; mode = DISABLED
    :: mode == DISABLED && SHORTCUT != 1 && current -> retry = true
    :: mode == DISABLED && SHORTCUT != 1 && !current -> notified = true
    :: else
    fi
}

/* Each step of the dispatcher is taken while it runs. */
#define STEP(action) atomic { current -> action }

active proctype dispatcher() {
    byte sections;
    STEP(mode = DISABLED);
    STEP(asked = true);                             /* DISPATCHER_WAKE_AT */
    if
    :: STEP(mode = WAITS)                           /* SYS_YIELD: nobody can run */
    :: do                                           /* or another thread goes on */
       :: atomic { current && !upcall -> mode = ENABLED };
          if
          :: sections < SECTIONS ->
              atomic { current; if :: upcall -> break :: else -> mode = DISABLED; sections++ fi }
          :: break
          fi
       od
    fi;
    atomic { current && upcall; assert(mode == DISABLED); over = true }
}

active proctype kernel() {
    byte preemptions;
    do
    :: atomic { asked -> asked = false; notify() }
    :: atomic { retry -> retry = false; notify() }
    :: atomic { current && preemptions < PREEMPTIONS -> current = false; preemptions++ }
    :: atomic {
        !current -> current = true;
        if
        :: notified && mode == DISABLED && !upcall ->
            notified = false;
#if SHORTCUT != 2
            retry = true
#endif
        :: else
        fi
       }
    :: over -> break
    od
}
