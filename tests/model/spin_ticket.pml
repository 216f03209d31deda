/*
 * The spin lock of kind ticket (lib/sync/spin/ticket.c): three threads, each twice, the second time by trying first. Numbers wrap
 * around in the middle; but not so often that a try takes the same number for the one that it has seen, as after 2^32 others.
 *
 * Checked: one holder at a time, served in the order of the numbers, nobody waits for ever, and at the end the lock is free.
 *
 * Each statement is one access to shared memory. SHORTCUT breaks the protocol on purpose, so that the check is seen to fail:
 * 1 takes a number by plain load and store, 2 tries without looking whether the number is still the next.
 */
#ifndef SHORTCUT
#define SHORTCUT 0
#endif

#define THREADS 3
#define NUMBERS 8

byte serving = 5, next = 5;
byte holders, done;

inline section() {
    holders++;
    assert(holders == 1);
    assert(serving == mine);
    holders--
}

inline acquire() {
#if SHORTCUT == 1
    mine = next;
    next = (mine + 1) % NUMBERS;
#else
    atomic { mine = next; next = (next + 1) % NUMBERS };    /* fetch and add */
#endif
    serving == mine
}

inline try_acquire() {
    mine = serving;
    atomic {                                                /* compare and exchange */
        taken = (next == mine) || SHORTCUT == 2;
        if
        :: taken -> next = (mine + 1) % NUMBERS
        :: else
        fi
    }
}

inline release() {
    serving = (mine + 1) % NUMBERS
}

proctype thread() {
    byte mine;
    bool taken;
    acquire();
    section();
    release();
    try_acquire();
    if
    :: taken
    :: else -> acquire()
    fi;
    section();
    release();
    atomic {
        done++;
        assert(done < THREADS || serving == next)
    }
}

init {
    atomic { run thread(); run thread(); run thread() }
}
