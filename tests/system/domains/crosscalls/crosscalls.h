/**
 * Every core calls every core at once, while domains on both sides die at random.
 */
#ifndef CROSSCALLS_H
#define CROSSCALLS_H

#include "../arguments.h"
#include "../check.h"

#include <abi/syscall.h>
#include <aos/aos.h>
#include <aos/process.h>
#include <stdlib.h>
#include <string.h>

#define SELF "crosscalls" ///< This program.
#define CALLS_SHOWN \
    16 ///< A member's exit code is the number of its right answers, and this; less is a failure.
#define TEXT_BYTES 32

/// The service of a core, which is started again when it has been killed.
#define SERVICE "cross.%u"

/// A number below `limit`, from a sequence of the caller's own.
static inline uint32_t below(uint32_t *random, uint32_t limit)
{
    *random ^= *random << 13;
    *random ^= *random >> 17;
    *random ^= *random << 5;
    return (uint32_t)((uint64_t)*random * limit >> 32);
}

/// Makes calls to the services of all cores. member.c \return the exit code
int be_member(int argc, char *argv[]);

/// What there is of memory and slots, on all cores. balance.c
struct balance {
    uint64_t init_slots, init_free;
    struct {
        uint64_t used, sessions;   ///< Of its memory server.
        uint64_t slots, processes; ///< Of its process server.
    } cores[CORES_MAX];
};

void balance_take(uint64_t running, struct balance *balance);

/// The same when nothing changes any more: what has ended is taken back a little later.
void balance_take_settled(uint64_t running, struct balance *balance);

/// \return false, and says what is different, if it is not the same soon
bool balance_is_back(uint64_t running, const struct balance *before);

#endif
