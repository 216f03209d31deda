/**
 * Messages between the monitors of the cores.
 *
 * Each pair of monitors has a channel of its own; what a monitor sends to itself comes to itself, so that
 * nobody has to tell the two cases apart. No monitor waits for another one: a message that finds no room is
 * kept and sent later, in order, and what was asked for goes on when the answer comes.
 */
#ifndef INIT_INTERMON_H
#define INIT_INTERMON_H

#include <abi/errno.h>
#include <abi/types.h>
#include <aos/caddr.h>
#include <stddef.h>
#include <stdint.h>

#define INTERMON_NAME_BYTES 48
#define INTERMON_WORDS      7

enum intermon_kind {
    INTERMON_HELLO,      ///< The sender's monitor runs: intermon.c
    INTERMON_TEXT,       ///< What a monitor without a console says: cores.c
    INTERMON_ANNOUNCE,   ///< A domain was started, for the trace: cores.c
    INTERMON_BIND,       ///< A client wants a channel to a service: remote_binding.h
    INTERMON_BOUND,      ///< The answer to that.
    INTERMON_GONE,       ///< An end of a channel is gone: channels.h
    INTERMON_CAP,        ///< A capability for an end of a channel: exports.h
    INTERMON_CAPPED,     ///< The answer to that.
    INTERMON_REVOKE,     ///< Memory is to be given to somebody else: recall.h
    INTERMON_REVOKED,    ///< The answer to that.
    INTERMON_PARK,       ///< The receiver's core is to stop: parking.h
    INTERMON_PARKED,     ///< The answer, just before it does.
    INTERMON_RESUME,     ///< The receiver's core goes on.
    INTERMON_RESUMED,    ///< The answer to that.
    INTERMON_OFFER,      ///< A service of a core's own is offered, or is not any more: system_names.h
    INTERMON_NAMES_GONE, ///< The name server has ended: attendance.h
    INTERMON_KINDS,
};

struct intermon_message {
    uint32_t kind;
    uint32_t words;
    uint64_t word[INTERMON_WORDS];
    char name[INTERMON_NAME_BYTES]; ///< If the kind has one.
};

/// Handles a message. \param from the sender's core
typedef void (*intermon_handler_t)(coreid_t from, const struct intermon_message *message);

#define INTERMON_PAIR_BYTES 0x1000UL ///< Of memory for the channel of a pair.

/// Bytes of memory for the channels of all pairs of so many cores.
size_t intermon_bytes(unsigned cores);

/**
 * Opens the channels to all other cores. What is sent to one that has not said HELLO yet is an error.
 *
 * \param memory of all pairs, all zero when the first monitor opened it
 * \param wake   Core capability for all cores, with the right WRITE
 */
errval_t intermon_open(void *memory, unsigned cores, struct capref wake);

/// Tells all other cores that this one runs: from then on they send.
void intermon_say_hello(void);

/// The cores whose monitors run, with this one: bit n is core n.
uint64_t intermon_running(void);

/// Has a function called when another core's monitor runs.
void intermon_on_hello(void (*function)(coreid_t core));

/// Nothing is sent to a core any more, until it says HELLO.
void intermon_stopped(coreid_t core);

/// Says who handles messages of a kind. Once for each, before there are other cores.
void intermon_handle(enum intermon_kind kind, intermon_handler_t handler);

/**
 * Sends a message, which is copied. To the own core it may be handled before this returns.
 *
 * \return SYS_ERR_OK: it is going to come, unless that core stops; MON_ERR_NO_CORE, LIB_ERR_MALLOC_FAIL
 */
errval_t intermon_send(coreid_t core, const struct intermon_message *message);

#endif
