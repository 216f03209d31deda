/*
 * The trace ring of a core that is read on another one (kernel/trace/drain.c). How a writer reserves a record, and is interrupted, is
 * trace_ring.pml's; here its stores become visible to the reader in any order, for it uses no barriers. Only that it stores into a
 * record after it has seen the limit that allows it is certain: a store never comes before a branch that it depends on.
 *
 * Checked: the reader takes every record whole, in order, once; nothing is overwritten before it was taken.
 *
 * SHORTCUT breaks the protocol on purpose, so that the check is seen to fail:
 * 1 trusts a record as soon as its first word is there, 2 moves the limit before the record is cleared.
 */
#ifndef SHORTCUT
#define SHORTCUT 0
#endif

#define RECORDS 2
#define EVENTS  5
#define MARK    255 /* in place of an argument that has not come */

/* What the reader sees. */
byte head, limit = RECORDS;
byte when[RECORDS] = 0;
byte argument[RECORDS] = MARK;

/* What the writer has stored, and the reader may not see yet. */
byte stored_head;
byte stored_when[RECORDS], stored_argument[RECORDS];
bool late_when[RECORDS], late_argument[RECORDS];

byte taken;

/* Stores become visible, one by one. */
active proctype memory() {
    byte i;
    do
    :: atomic { head != stored_head -> head = stored_head }
    :: atomic { late_when[0] -> when[0] = stored_when[0]; late_when[0] = false }
    :: atomic { late_when[1] -> when[1] = stored_when[1]; late_when[1] = false }
    :: atomic { late_argument[0] -> argument[0] = stored_argument[0]; late_argument[0] = false }
    :: atomic { late_argument[1] -> argument[1] = stored_argument[1]; late_argument[1] = false }
    :: taken == EVENTS -> break
    od
}

/* Event n has the time n + 1 and the argument n. */
active proctype writer() {
    byte n;
    do
    :: n < EVENTS ->
        limit > n;                             /* a full ring drops; here the writer tries again */
        atomic {
            stored_head = n + 1;
            assert(!late_when[n % RECORDS] && !late_argument[n % RECORDS]);
            assert(when[n % RECORDS] == 0 && argument[n % RECORDS] == MARK);
            stored_when[n % RECORDS] = n + 1; late_when[n % RECORDS] = true;
            stored_argument[n % RECORDS] = n; late_argument[n % RECORDS] = true
        };
        n++
    :: else -> break
    od
}

active proctype reader() {
    byte seen_when, seen_argument, seen_head;
    do
    :: taken < EVENTS ->
        seen_head = head;
        if
        :: taken < seen_head ->
            seen_when = when[taken % RECORDS];
            seen_argument = argument[taken % RECORDS];
#if SHORTCUT == 1
            if
            :: seen_when != 0 ->
#else
            if
            :: seen_when != 0 && seen_argument != MARK ->
#endif
                assert(seen_when == taken + 1);
                assert(seen_argument == taken);
#if SHORTCUT == 2
                limit = taken + 1 + RECORDS;
#endif
                when[taken % RECORDS] = 0;
                argument[taken % RECORDS] = MARK;
                taken++;
#if SHORTCUT != 2
                limit = taken + RECORDS            /* release */
#endif
            :: else
            fi
        :: else
        fi
    :: else -> break
    od
}
