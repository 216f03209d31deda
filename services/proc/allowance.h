/**
 * How many processes somebody may have: a number for a process and everybody that it starts, within the
 * number of whoever started it. So a process that starts others for ever meets its own bound, and leaves room
 * for others.
 */
#ifndef PROC_ALLOWANCE_H
#define PROC_ALLOWANCE_H

#include <abi/errno.h>
#include <abi/types.h>
#include <stdbool.h>

/// What a client that init started has.
#define ALLOWANCE_OF_CLIENT 1024

/// What a child of such a client has if nothing else is said.
#define ALLOWANCE_USUAL 256

/// What all processes of other cores may have here together, with themselves.
#define ALLOWANCE_OF_REMOTE 2048

/// Memory that processes are made of, for each in the number. Those that need more count as several.
#define ALLOWANCE_RAM_BYTES 0x100000UL

struct allowance;

/**
 * Makes one.
 *
 * \param within what it is a part of, or NULL
 * \param owner  who may end everybody in it
 * \return NULL if there is no memory, or too many are within each other
 */
struct allowance *allowance_create(struct allowance *within, domainid_t owner, uint32_t processes);

/// Makes one for a process of another core, which may start some here. Together they have a part of what
/// there is. \return NULL if there is no memory
struct allowance *allowance_of_remote(domainid_t owner);

/// Another process uses it. \return PROC_ERR_LIMIT if it is used up, or one that it is within
errval_t allowance_take(struct allowance *allowance);

/// The process also takes so much memory. \return PROC_ERR_LIMIT
errval_t allowance_take_ram(struct allowance *allowance, uint64_t bytes);

/// A process uses it no more. It goes when nobody uses it.
void allowance_give_back(struct allowance *allowance, uint64_t ram_bytes);

/// May somebody end who lives on it?
bool allowance_is_owned_by(const struct allowance *allowance, domainid_t owner);

#endif
