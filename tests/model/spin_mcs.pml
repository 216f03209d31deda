/*
 * The spin lock of kind mcs (lib/sync/spin/mcs.c): three threads, each twice, the last time by trying.
 *
 * Checked: one holder at a time, nobody waits for ever, and at the end the lock is free.
 *
 * Each statement is one access to shared memory. SHORTCUT breaks the protocol on purpose, so that the check is seen to fail:
 * 1 frees the lock although another one has put itself behind, 2 says that it waits only after it was seen.
 */
#ifndef SHORTCUT
#define SHORTCUT 0
#endif

#define THREADS 3

byte last;                  /* 0: nobody; thread n is n + 1 */
byte next[THREADS];
bool waits[THREADS];
byte holders, done;

inline section() {
    holders++;
    assert(holders == 1);
    holders--
}

inline acquire() {
    next[self] = 0;
#if SHORTCUT != 2
    waits[self] = true;
#endif
    atomic { previous = last; last = self + 1 };        /* exchange */
    if
    :: previous != 0 ->
        next[previous - 1] = self + 1;
#if SHORTCUT == 2
        waits[self] = true;
#endif
        !waits[self]
    :: else
    fi
}

inline try_acquire() {
    next[self] = 0;
    atomic {                                            /* compare and exchange */
        taken = (last == 0);
        if
        :: taken -> last = self + 1
        :: else
        fi
    }
}

inline release() {
    if
    :: next[self] == 0 ->
        atomic {                                        /* compare and exchange */
            alone = (last == self + 1) || SHORTCUT == 1;
            if
            :: alone -> last = 0
            :: else
            fi
        };
        if
        :: !alone -> next[self] != 0; waits[next[self] - 1] = false
        :: else
        fi
    :: else -> waits[next[self] - 1] = false
    fi
}

proctype thread(byte self) {
    byte previous;
    bool alone, taken;
    acquire();
    section();
    release();
    try_acquire();
    if
    :: taken -> section(); release()
    :: else -> acquire(); section(); release()
    fi;
    atomic {
        done++;
        assert(done < THREADS || last == 0)
    }
}

init {
    atomic { run thread(0); run thread(1); run thread(2) }
}
