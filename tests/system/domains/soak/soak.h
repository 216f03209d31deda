/**
 * Threads that use everything at once, at random, and nothing may be lost: what the files of this domain
 * share.
 */
#ifndef SOAK_H
#define SOAK_H

#include "../check.h"

#include <aos/aos.h>

#define WORKERS     8
#define HELD_RAM    12
#define HELD_BLOCKS 24

/// A thread that soaks, and what it has at the moment.
struct worker {
    unsigned number;
    uint32_t random;
    struct thread *thread;
    uint64_t done;    ///< Actions.
    uint64_t refused; ///< For want of memory.
    unsigned famines; ///< Beginnings and ends of famines before the action that it is at.
    struct capref ram[HELD_RAM];
    struct {
        unsigned char *start;
        size_t bytes;
        unsigned char pattern;
    } blocks[HELD_BLOCKS];
};

/// Beginnings and ends of famines, in which memory is used up on purpose: then anything may be refused.
extern unsigned famines;

/// The next random number below `limit` (xorshift, Marsaglia 2003).
static inline uint32_t below(struct worker *worker, uint32_t limit)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 17;
    worker->random ^= worker->random << 5;
    return worker->random % limit;
}

/// False for an error, which only a famine excuses.
static inline bool granted(struct worker *worker, errval_t err)
{
    if (err_is_ok(err)) {
        return true;
    }
    if (famines % 2 == 0 && famines == worker->famines) {
        USER_PANIC_ERR(err, "thread %u of the soak was refused something without need", worker->number);
    }
    worker->refused++;
    return false;
}

/* Actions. Each leaves the worker with what it may hold, and with nothing else. */

void action_frames(struct worker *worker);  ///< Maps frames, cuts them, protects them, and unmaps them.
void action_ram(struct worker *worker);     ///< Takes or gives back RAM.
void action_heap(struct worker *worker);    ///< Takes, grows or gives back a block of the heap.
void action_region(struct worker *worker);  ///< Touches pages of a region, and gives parts of it back.
void action_slots(struct worker *worker);   ///< Capabilities come and go.
void action_shared(struct worker *worker);  ///< Touches pages that others touch at the same time.
void action_mutex(struct worker *worker);   ///< Changes what a mutex protects.
void action_rest(struct worker *worker);    ///< Waits for others, or for a while.
void action_stack(struct worker *worker);   ///< Goes deep.
void action_threads(struct worker *worker); ///< Makes a thread and waits for its end.

/// Gives everything back that the worker holds.
void give_back(struct worker *worker);

/// Makes, and in the end takes away, what all workers share.
void shared_begin(void);
void shared_end(void);

/// Uses all memory up, and gives it back. famine.c
void famine_begin(void);
void famine_end(void);

#endif
