/*
 * Both ends of a channel (lib/ump/ump_ring.h): each sends its messages and receives the other's, in any interleaving, and sleeps
 * when it can do neither.
 *
 * Checked: every message is received once, in order and whole; no slot is filled that the other side has not read; and no side
 * sleeps for ever (an end state that is not valid).
 *
 * Memory is that of Armv8 as far as the ring depends on it. A store goes into a buffer of its core first. Plain stores leave it
 * in any order, but those to one place in turn; a store-release (STLR) leaves it after all before it. A load-acquire (LDAR) waits
 * until no store-release of its own core is in the buffer, which makes the two sequentially consistent; a load without acquire
 * does not. What has left the buffer is seen by everybody at once (Armv8 is multi-copy atomic). Loads are made in the order of
 * the program, but that in shortcut 8: what a load-acquire would otherwise keep in order. A wake is a system call, with a barrier
 * (DSB) before the interrupt. Not modelled: that a later store passes a plain load (the release of the count forbids it), and
 * that 32-bit counts wrap.
 *
 * SHORTCUT breaks the protocol on purpose, so that the check is seen to fail:
 * 1 stores the control word without release, 2 sleeps without a second look, 3 loads `sleeping` without acquire,
 * 4 leaves the epoch as it is in the next round, 5 fills one slot too many, 6 takes any limit but the count for room,
 * 7 gives slots back without a look at `sleeping`, 8 reads a message before its control word.
 */
#ifndef SHORTCUT
#define SHORTCUT 0
#endif

#define SLOTS    2
#define MESSAGES(s) ((s) == 0 -> 4 : 2)

/* Places of a side's half. */
#define WORD(s, i)    ((s) * HALF + (i))
#define CONTROL(s, i) ((s) * HALF + SLOTS + (i))
#define TAKEN(s)      ((s) * HALF + 2 * SLOTS)
#define SLEEPING(s)   ((s) * HALF + 2 * SLOTS + 1)
#define HALF          (2 * SLOTS + 2)

/* A control word: the epoch, and the last number that the other side may send, plus one so that 0 is "nothing". */
#define CONTROL_OF(epoch, limit) ((epoch) * 64 + (limit) + 1)
#define EPOCH_OF(control)        ((control) / 64)
#define LIMIT_OF(control)        ((control) % 64 - 1)

#define BUFFER 3

typedef Store { byte place; byte value; bool release }
typedef Core { Store store[BUFFER]; byte count; byte releases }

byte memory[2 * HALF];
Core core[2];
bool woken[2];
byte sent[2], received[2];

/* The value that a core sees: its own last store, or memory. */
inline look(s, p, v) {
    v = memory[p];
    if
    :: core[s].count > 0 && core[s].store[0].place == p -> v = core[s].store[0].value
    :: else
    fi;
    if
    :: core[s].count > 1 && core[s].store[1].place == p -> v = core[s].store[1].value
    :: else
    fi;
    if
    :: core[s].count > 2 && core[s].store[2].place == p -> v = core[s].store[2].value
    :: else
    fi
}

inline put(s, p, v, is_release) {
    atomic {
        core[s].count < BUFFER;
        core[s].store[core[s].count].place = p;
        core[s].store[core[s].count].value = v;
        core[s].store[core[s].count].release = is_release;
        core[s].releases = core[s].releases + is_release;
        core[s].count++
    }
}

#define str(s, p, v)  put(s, p, v, 0)
#define stlr(s, p, v) put(s, p, v, 1)

inline ldar(s, p, v) { d_step { core[s].releases == 0; look(s, p, v) } }
inline ldr(s, p, v)  { d_step { look(s, p, v) } }

/* Entry `n` leaves the buffer of core s. */
inline leave(s, n) {
    memory[core[s].store[n].place] = core[s].store[n].value;
    core[s].releases = core[s].releases - core[s].store[n].release;
    if
    :: n == 0 ->
        core[s].store[0].place = core[s].store[1].place;
        core[s].store[0].value = core[s].store[1].value;
        core[s].store[0].release = core[s].store[1].release
    :: else
    fi;
    if
    :: n <= 1 ->
        core[s].store[1].place = core[s].store[2].place;
        core[s].store[1].value = core[s].store[2].value;
        core[s].store[1].release = core[s].store[2].release
    :: else
    fi;
    core[s].store[2].place = 0;
    core[s].store[2].value = 0;
    core[s].store[2].release = 0;
    core[s].count--
}

#define other_place(s, n, m) (core[s].store[n].place != core[s].store[m].place)

active [2] proctype buffer() {
    byte s = _pid;
end:
    do
    :: d_step { core[s].count > 0 -> leave(s, 0) }
    :: d_step { core[s].count > 1 && !core[s].store[1].release && other_place(s, 1, 0) -> leave(s, 1) }
    :: d_step {
        core[s].count > 2 && !core[s].store[2].release && other_place(s, 2, 0) && other_place(s, 2, 1) -> leave(s, 2)
       }
    od
}

inline wake_sleeper() {
    if
#if SHORTCUT == 3
    :: ldr(me, SLEEPING(you), value)
#else
    :: ldar(me, SLEEPING(you), value)
#endif
    fi;
    if
    :: value -> atomic { core[me].count == 0 -> woken[you] = true }   /* DSB, interrupt */
    :: else
    fi
}

/* Sets `value` to 1 if a slot is free. */
inline can_send() {
#if SHORTCUT == 6
    d_step { value = (limit + 1 != count) };
#else
    d_step { value = (limit >= count) };
#endif
    if
    :: value
    :: else ->
        ldar(me, TAKEN(you), value);
        d_step {
            if
            :: value > 0 && value - 1 > limit -> limit = value - 1
            :: else
            fi;
            value = (limit + 1 > count)
        }
    fi
}

inline send() {
#if SHORTCUT != 5
    assert(sent[me] - received[you] < SLOTS);
#endif
    str(me, WORD(me, tx_slot), count + 1);
#if SHORTCUT == 1
    str(me, CONTROL(me, tx_slot), CONTROL_OF(tx_epoch, taken));
#else
    stlr(me, CONTROL(me, tx_slot), CONTROL_OF(tx_epoch, taken));
#endif
    d_step {
        count++;
        sent[me]++;
        tx_slot++;
        if
        :: tx_slot == SLOTS ->
            tx_slot = 0;
#if SHORTCUT != 4
            tx_epoch = 1 - tx_epoch
#endif
        :: else
        fi
    };
    wake_sleeper()
}

/* Sets `control` to the next slot's control word, and `value` to 1 if it is filled. */
inline can_recv() {
    ldar(me, CONTROL(you, rx_slot), control);
    d_step { value = (control != 0 && EPOCH_OF(control) == rx_epoch) }
}

inline recv() {
#if SHORTCUT != 8
    ldr(me, WORD(you, rx_slot), word);
#endif
    d_step {
        assert(word == received[me] + 1);
        received[me]++;
        limit = LIMIT_OF(control);
        taken++;
        rx_slot++;
        value = (rx_slot == SLOTS / 2 || rx_slot == SLOTS);
        if
        :: rx_slot == SLOTS ->
            rx_slot = 0;
#if SHORTCUT != 4
            rx_epoch = 1 - rx_epoch
#endif
        :: else
        fi
    };
    if
    :: value ->
        stlr(me, TAKEN(me), taken + 1);
#if SHORTCUT != 7
        wake_sleeper()
#endif
    :: else
    fi
}

inline sleep() {
    stlr(me, SLEEPING(me), 1);
#if SHORTCUT == 2
    value = 0;
#else
    can_recv();
    if
    :: !value && sent[me] < MESSAGES(me) -> can_send()
    :: else
    fi;
#endif
    if
    :: value
    :: else -> d_step { woken[me] -> woken[me] = false }
    fi;
    str(me, SLEEPING(me), 0)
}

active [2] proctype side() {
    byte me = _pid - 2;
    byte you = 1 - me;
    byte tx_slot, rx_slot, count, control, word, value;
    byte tx_epoch = 1, rx_epoch = 1;
#if SHORTCUT == 5
    byte limit = SLOTS;
#else
    byte limit = SLOTS - 1;
#endif
    byte taken = SLOTS - 1;
    bool done;
    do
    :: sent[me] == MESSAGES(me) && received[me] == MESSAGES(you) -> break
    :: else ->
        done = false;
        if
        :: sent[me] < MESSAGES(me) ->
            can_send();
            if
            :: value -> send(); done = true
            :: else
            fi
        :: true                             /* or only receives */
        fi;
#if SHORTCUT == 8
        ldr(me, WORD(you, rx_slot), word);
#endif
        can_recv();
        if
        :: value -> recv(); done = true
        :: else
        fi;
        if
        :: !done -> sleep()
        :: else
        fi
    od
}
