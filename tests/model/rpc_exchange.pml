/*
 * Threads that call over one channel (lib/rpc/exchange.c): three threads, room for one call under way or for two; two of
 * them may give their calls up at a deadline.
 *
 * Checked: each call ends with its own reply or at its deadline, a reply that is nobody's is that of a call that was
 * given up, and nobody waits for ever.
 *
 * What happens with the mutex held is one step. SHORTCUT breaks the protocol on purpose, so that the check is seen to
 * fail: 1 wakes nobody when the reader stops, 2 reads nothing for who looks for room, 3 wakes nobody when who looks for
 * room gives up, 4 reads for who looks for room even if nobody has given up, and gives room when a caller goes on.
 */
#ifndef SHORTCUT
#define SHORTCUT 0
#endif

#define CALLERS 3
#define ROOM    2               /* at most */

byte room;
bool reading;
bool linked[CALLERS];           /* among the waiters */
bool done[CALLERS];
bool given_up[CALLERS];
byte wake[CALLERS];             /* semaphores */
bool waits_for_room[CALLERS];   /* at the condition `room` */
chan requests = [CALLERS] of { byte };
chan replies = [ROOM] of { byte };

inline broadcast_room() {
    waits_for_room[0] = false;
    waits_for_room[1] = false;
    waits_for_room[2] = false
}

inline wake_one() {
    if
    :: linked[0] && !done[0] -> wake[0]++
    :: else ->
        if
        :: linked[1] && !done[1] -> wake[1]++
        :: else ->
            if
            :: linked[2] && !done[2] -> wake[2]++
            :: else
            fi
        fi
    fi
}

#define SOME_GIVEN_UP (given_up[0] || given_up[1] || given_up[2] || SHORTCUT == 4)

inline pass_reading_on() {
    if
    :: !reading ->
        broadcast_room();
        wake_one()
    :: else
    fi
}

/* A reply goes to whom it is for; if that has given up, its room is free again. */
inline deliver() {
    if
    :: linked[reply] && !done[reply] ->
        done[reply] = true;
#if SHORTCUT != 4
        room++;
        broadcast_room();
#endif
        wake[reply]++
    :: else ->
        assert(given_up[reply]);
        given_up[reply] = false;
        room++;
        broadcast_room()
    fi
}

/* Reads one message, or gives up; the mutex is not held meanwhile. `timed_out` says which. */
inline read_ring() {
    if
    :: replies?reply -> atomic { deliver(); reading = false; timed_out = false }
    :: may_give_up -> atomic { reading = false; timed_out = true }
    fi
}

proctype caller(byte self; bool may_give_up) {
    byte reply;
    bool reads, timed_out, sent;

    /* Room. */
    atomic { timed_out = false; reads = false }
    do
    :: atomic { room > 0 -> room--; linked[self] = true; sent = true; break }
    :: atomic { room == 0 && !reading && SOME_GIVEN_UP && SHORTCUT != 2 -> reading = true };
        read_ring();
        if
        :: timed_out -> break
        :: else
        fi
    :: atomic { room == 0 && (reading || !SOME_GIVEN_UP || SHORTCUT == 2) -> waits_for_room[self] = true };
        if
        :: !waits_for_room[self]
        :: may_give_up -> timed_out = true; break
        fi
    od;
    if
    :: !sent ->
#if SHORTCUT != 3
        atomic { pass_reading_on() };
#endif
        goto over
    :: else
    fi;

    requests!self;

    /* The reply. */
    timed_out = false;
    do
    :: atomic { done[self] -> break }
    :: atomic { !done[self] -> reads = !reading; reading = true };
        if
        :: reads -> read_ring()
        :: else ->
            if
            :: wake[self] > 0 -> wake[self]--
            :: may_give_up -> timed_out = true
            fi
        fi;
        if
        :: timed_out -> break
        :: else
        fi
    od;
    atomic {
        linked[self] = false;
        if
        :: done[self] ->
#if SHORTCUT == 4
            room++;
            broadcast_room()
#else
            skip
#endif
        :: else -> assert(may_give_up); given_up[self] = true
        fi;
#if SHORTCUT != 1
        pass_reading_on()
#endif
    }
over:
    skip
}

/* Answers each call, in any order. */
proctype service() {
    byte first, second;
end:
    do
    :: requests?first -> replies!first
    :: requests?first ->
        if
        :: requests?second -> replies!second; replies!first
        :: empty(requests) -> replies!first
        fi
    od
}

init {
    atomic {
        if
        :: room = 1
        :: room = ROOM
        fi;
        run service();
        run caller(0, true);
        run caller(1, true);
        run caller(2, false)
    }
}
