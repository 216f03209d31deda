/**
 * Many domains at once that ask every service at random, and look closely at every answer; some are killed.
 */
#ifndef SWARM_H
#define SWARM_H

#include "../arguments.h"
#include "../check.h"

#include <aos/aos.h>
#include <aos/process.h>
#include <stdlib.h>
#include <string.h>

#define SELF        "swarm" ///< This program.
#define CALLS_SHOWN 16      ///< A member's exit code is the number of its calls, and this; less is a failure.

/// What one thread of a member knows. Threads share the channels.
struct member {
    uint32_t number;
    uint32_t random;
    uint64_t calls;
    struct thread *thread;
};

/// A number below `limit`.
static inline uint32_t below(struct member *member, uint32_t limit)
{
    member->random ^= member->random << 13;
    member->random ^= member->random >> 17;
    member->random ^= member->random << 5;
    return (uint32_t)((uint64_t)member->random * limit >> 32);
}

/// Starts, kills and watches the members. conductor.c \return the exit status
int conduct(int argc, char *argv[]);

/// Is one. member.c \return the exit code
int be_member(int argc, char *argv[]);

/* What a member does: each opens its channels at first use, and makes one call or a few. */

/// asks_echo.c
void ask_echo(struct member *member);
/// asks_mem.c
void ask_mem(struct member *member);
/// asks_others.c
void ask_proc(struct member *member);
void ask_serial(struct member *member);

/// Opens the channels.
void echo_open(void);
void mem_open(void);

#endif
